/* SPDX-License-Identifier: MIT */
/* What the tests of the reader of device trees share: a builder of small trees, and reading what it built
 * from a block of exactly its length, so that the sanitizers see each byte that is read outside of it. */
#ifndef FDT_FIXTURE_H
#define FDT_FIXTURE_H

#include <stdbool.h>

#include "../../arch/armv7a/fdt.h"
#include "support.h"

#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))
#define HEADER_NBYTES  40u
#define TREE_NBYTES    8192u
#define STRINGS_NBYTES 512u
#define CELL_NBYTES    4u

/* Of the header, offsets in bytes */
enum field {
	MAGIC = 0,
	TOTAL_NBYTES = 4,
	STRUCT = 8,
	STRINGS = 12,
	RESERVATIONS = 16,
	VERSION = 20,
	LAST_COMPATIBLE = 24,
	STRINGS_LENGTH = 32,
	STRUCT_LENGTH = 36,
};

enum token { BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOP = 4, END = 9 };

extern struct tree {
	uint8_t bytes[TREE_NBYTES];
	size_t nbytes, struct_at;
	char strings[STRINGS_NBYTES];
	size_t strings_nbytes;
} tree;

/* What was read last. */
extern struct fdt_memory tree_memory;

/* ---- building: header, reservations, nodes, strings ---- */

void tree_put_at(size_t at, uint32_t cell);
uint32_t tree_cell_at(size_t at);

void tree_put(uint32_t cell);
void tree_put_number(uint64_t number);
void tree_put_padded(const void *bytes, size_t nbytes);
uint32_t tree_put_string(const char *name); /* its offset */

/* What is reserved comes in between, as pairs of numbers. */
void tree_begin(void);
void tree_begin_structure(void);

void tree_begin_node(const char *name);
void tree_end_node(void);

void tree_property_head(uint32_t nbytes, uint32_t name_offset);
void tree_property(const char *name, const void *value, size_t nbytes);
void tree_text(const char *name, const char *text);
void tree_cells(const char *name, const uint32_t *cells, size_t ncells);
#define CELLS(name, ...) \
	tree_cells(name, (const uint32_t[]){__VA_ARGS__}, COUNT(((const uint32_t[]){__VA_ARGS__})))

/* All that is left to do behind the structure; tree_end puts the token for its end before. */
void tree_finish(void);
void tree_end(void);

/* The start of the structure and of its root, and the ends of both and of the tree. */
void tree_begin_root(uint32_t address_cells, uint32_t size_cells);
void tree_end_root(void);

/* A memory node up to its reg; a whole one. */
void tree_begin_memory(void);
#define MEMORY(...)                        \
	do {                               \
		tree_begin_memory();       \
		CELLS("reg", __VA_ARGS__); \
		tree_end_node();           \
	} while (0)

/* Whole trees: one memory node; one of everything that the reader knows. */
void tree_build_small(void);
void tree_build_sample(void);

/* ---- reading ---- */

/* From a block of held_nbytes, said to be max_nbytes long. */
enum fdt_err tree_read_as(size_t held_nbytes, size_t max_nbytes);
enum fdt_err tree_read(void);

void tree_is_sound(size_t nram, size_t nreserved);
void tree_is_refused(enum fdt_err err);

/* With one cell of a sound tree changed for the time being. */
void tree_is_refused_with(size_t at, uint32_t cell, enum fdt_err err);

/* Of trees that are malformed; test_fdt_run runs them too. The failures. */
int test_fdt_malformed_run(void);

#endif
