/* SPDX-License-Identifier: MIT */
/* The builder of device trees, and reading them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fdt_fixture.h"

/* ---- the builder: header, reservations, nodes, strings ---- */

struct tree tree;
struct fdt_memory tree_memory;

void tree_put_at(size_t at, uint32_t cell)
{
	assert_true(at + CELL_NBYTES <= TREE_NBYTES);
	for (size_t i = 0; i < CELL_NBYTES; i++)
		tree.bytes[at + i] = (uint8_t)(cell >> (24 - 8 * i));
}

void tree_put(uint32_t cell)
{
	tree_put_at(tree.nbytes, cell);
	tree.nbytes += CELL_NBYTES;
}

void tree_put_number(uint64_t number)
{
	tree_put((uint32_t)(number >> 32));
	tree_put((uint32_t)number);
}

void tree_put_padded(const void *bytes, size_t nbytes)
{
	assert_true(tree.nbytes + nbytes + CELL_NBYTES <= TREE_NBYTES);
	memcpy(tree.bytes + tree.nbytes, bytes, nbytes);
	tree.nbytes += nbytes;
	while (tree.nbytes % CELL_NBYTES != 0)
		tree.bytes[tree.nbytes++] = 0;
}

void tree_begin_node(const char *name)
{
	tree_put(BEGIN_NODE);
	tree_put_padded(name, strlen(name) + 1);
}

void tree_end_node(void)
{
	tree_put(END_NODE);
}

uint32_t tree_put_string(const char *name)
{
	size_t at = tree.strings_nbytes, nbytes = strlen(name) + 1;

	assert_true(at + nbytes <= STRINGS_NBYTES);
	memcpy(tree.strings + at, name, nbytes);
	tree.strings_nbytes += nbytes;
	return (uint32_t)at;
}

void tree_property_head(uint32_t nbytes, uint32_t name_offset)
{
	tree_put(PROPERTY);
	tree_put(nbytes);
	tree_put(name_offset);
}

void tree_property(const char *name, const void *value, size_t nbytes)
{
	tree_property_head((uint32_t)nbytes, tree_put_string(name));
	tree_put_padded(value, nbytes);
}

void tree_text(const char *name, const char *text)
{
	tree_property(name, text, strlen(text) + 1);
}

void tree_cells(const char *name, const uint32_t *cells, size_t ncells)
{
	tree_property_head((uint32_t)(ncells * CELL_NBYTES), tree_put_string(name));
	for (size_t i = 0; i < ncells; i++)
		tree_put(cells[i]);
}

void tree_begin(void)
{
	memset(&tree, 0, sizeof(tree));
	tree.nbytes = HEADER_NBYTES;
}

void tree_begin_structure(void)
{
	tree_put_number(0);
	tree_put_number(0);
	tree.struct_at = tree.nbytes;
}

void tree_finish(void)
{
	tree_put_at(MAGIC, 0xd00dfeed);
	tree_put_at(STRUCT, (uint32_t)tree.struct_at);
	tree_put_at(STRINGS, (uint32_t)tree.nbytes);
	tree_put_at(RESERVATIONS, HEADER_NBYTES);
	tree_put_at(VERSION, 17);
	tree_put_at(LAST_COMPATIBLE, 16);
	tree_put_at(STRINGS_LENGTH, (uint32_t)tree.strings_nbytes);
	tree_put_at(STRUCT_LENGTH, (uint32_t)(tree.nbytes - tree.struct_at));
	assert_true(tree.nbytes + tree.strings_nbytes <= TREE_NBYTES);
	memcpy(tree.bytes + tree.nbytes, tree.strings, tree.strings_nbytes);
	tree.nbytes += tree.strings_nbytes;
	tree_put_at(TOTAL_NBYTES, (uint32_t)tree.nbytes);
}

void tree_end(void)
{
	tree_put(END);
	tree_finish();
}

void tree_begin_root(uint32_t address_cells, uint32_t size_cells)
{
	tree_begin_structure();
	tree_begin_node("");
	CELLS("#address-cells", address_cells);
	CELLS("#size-cells", size_cells);
}

void tree_end_root(void)
{
	tree_end_node();
	tree_end();
}

void tree_begin_memory(void)
{
	tree_begin_node("memory@0");
	tree_text("device_type", "memory");
}

void tree_build_small(void)
{
	tree_begin();
	tree_begin_root(1, 1);
	MEMORY(0x40000000, 0x08000000);
	tree_end_root();
}

void tree_build_sample(void)
{
	tree_begin();
	tree_put_number(0x41000000);
	tree_put_number(0x1000);
	tree_begin_root(2, 2);
	tree_begin_node("chosen");
	CELLS("kaslr-seed", 1, 2);
	tree_end_node();
	tree_put(NOP);
	tree_begin_memory();
	CELLS("reg", 0, 0x40000000, 0, 0x08000000, 1, 0, 2, 0);
	tree_text("status", "okay");
	tree_end_node();
	tree_begin_node("reserved-memory");
	CELLS("#address-cells", 1);
	CELLS("#size-cells", 1);
	tree_begin_node("firmware@40010000");
	CELLS("reg", 0x40010000, 0x123);
	tree_end_node();
	tree_end_node();
	tree_end_root();
}

/* ---- reading ---- */

enum fdt_err tree_read_as(size_t held_nbytes, size_t max_nbytes)
{
	uint8_t *held = malloc(held_nbytes);
	enum fdt_err err;

	assert_non_null(held);
	memcpy(held, tree.bytes, held_nbytes);
	memset(&tree_memory, 0xa5, sizeof(tree_memory));
	err = fdt_read_memory(held, max_nbytes, &tree_memory);
	free(held);
	return err;
}

enum fdt_err tree_read(void)
{
	return tree_read_as(tree.nbytes, tree.nbytes);
}

void tree_is_sound(size_t nram, size_t nreserved)
{
	assert_int_equal(tree_read(), FDT_OK);
	assert_int_equal(tree_memory.blob_nbytes, tree.nbytes);
	assert_int_equal(tree_memory.nram, nram);
	assert_int_equal(tree_memory.nreserved, nreserved);
}

void tree_is_refused(enum fdt_err err)
{
	assert_int_equal(tree_read(), err);
}

uint32_t tree_cell_at(size_t at)
{
	uint32_t cell = 0;

	for (size_t i = 0; i < CELL_NBYTES; i++)
		cell = cell << 8 | tree.bytes[at + i];
	return cell;
}

void tree_is_refused_with(size_t at, uint32_t cell, enum fdt_err err)
{
	uint32_t sound = tree_cell_at(at);

	tree_put_at(at, cell);
	tree_is_refused(err);
	tree_put_at(at, sound);
	assert_int_equal(tree_read(), FDT_OK);
}
