/* SPDX-License-Identifier: MIT */
/* One pass over the structure block, with a short stack of the nodes that are open. A node is judged when
 * it ends, when all of its properties and those of its parents are known.
 * Every read goes through `struct span`, which knows its end: offsets and lengths from the blob are
 * compared with what is left, never added to a pointer first. */
#include "fdt.h"

#include <stdbool.h>

#define FDT_MAGIC   0xd00dfeedu
#define FDT_VERSION 17u

/* Header, offsets in bytes */
#define HEADER_NBYTES          40u
#define HEADER_MAGIC           0u
#define HEADER_TOTAL_NBYTES    4u
#define HEADER_STRUCT          8u
#define HEADER_STRINGS         12u
#define HEADER_RESERVATIONS    16u
#define HEADER_VERSION         20u
#define HEADER_LAST_COMPATIBLE 24u
#define HEADER_STRINGS_NBYTES  32u
#define HEADER_STRUCT_NBYTES   36u

enum token { TOKEN_BEGIN_NODE = 1, TOKEN_END_NODE = 2, TOKEN_PROPERTY = 3, TOKEN_NOP = 4, TOKEN_END = 9 };

#define CELL_NBYTES           4u
#define MAX_CELLS             2u /* of an address or length: 64 bits */
#define DEFAULT_ADDRESS_CELLS 2u
#define DEFAULT_SIZE_CELLS    1u
#define MAX_DEPTH             16u

struct span {
	const uint8_t *at;
	size_t nbytes;
};

enum node_kind { NODE_OTHER = 0, NODE_ROOT, NODE_CHOSEN, NODE_RESERVATIONS, NODE_RESERVED };

struct node {
	enum node_kind kind;
	bool is_memory, disabled;
	uint32_t address_cells, size_cells; /* of its children */
	struct span reg;
};

struct walk {
	struct span structure, strings;
	struct fdt_memory *memory;
	size_t depth; /* nodes open */
	bool root_seen;
	struct node node[MAX_DEPTH];
};

static uint32_t be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The first nbytes of a span, cut off it. */
static bool take(struct span *from, size_t nbytes, struct span *taken)
{
	if (nbytes > from->nbytes)
		return false;
	*taken = (struct span){from->at, nbytes};
	*from = (struct span){from->at + nbytes, from->nbytes - nbytes};
	return true;
}

static bool take_cell(struct span *from, uint32_t *cell)
{
	struct span taken;

	if (!take(from, CELL_NBYTES, &taken))
		return false;
	*cell = be32(taken.at);
	return true;
}

/* Lengths in the structure block are padded to whole cells. */
static bool take_padded(struct span *from, size_t nbytes, struct span *taken)
{
	struct span padding;

	return take(from, nbytes, taken) && take(from, -nbytes % CELL_NBYTES, &padding);
}

static bool take_text(struct span *from, struct span *text)
{
	size_t nbytes = 0;

	while (nbytes < from->nbytes && from->at[nbytes] != '\0')
		nbytes++;
	return nbytes < from->nbytes && take_padded(from, nbytes + 1, text);
}

/* The span begins with this text and its terminator. */
static bool begins_with(struct span span, const char *text)
{
	for (size_t i = 0; i < span.nbytes; i++) {
		if (span.at[i] != (uint8_t)text[i])
			return false;
		if (text[i] == '\0')
			return true;
	}
	return false;
}

/* Whatever text begins in such a span, it ends in it too. */
static bool is_terminated(struct span span)
{
	return span.nbytes == 0 || span.at[span.nbytes - 1] == '\0';
}

static bool sub_span(struct span blob, size_t offset, size_t nbytes, struct span *sub)
{
	struct span before;

	return take(&blob, offset, &before) && take(&blob, nbytes, sub);
}

static enum fdt_err add(struct fdt_range *ranges, size_t *count, size_t max, uint64_t base, uint64_t nbytes)
{
	if (nbytes == 0)
		return FDT_OK;
	if (base + (nbytes - 1) < base)
		return FDT_EREG;
	if (*count == max)
		return FDT_ETOOMANY;
	ranges[(*count)++] = (struct fdt_range){base, nbytes};
	return FDT_OK;
}

static enum fdt_err add_reserved(struct fdt_memory *memory, uint64_t base, uint64_t nbytes)
{
	return add(memory->reserved, &memory->nreserved, FDT_NRESERVED, base, nbytes);
}

/* An address or length of 1 or 2 cells. */
static bool take_number(struct span *from, uint32_t ncells, uint64_t *number)
{
	uint32_t cell;

	*number = 0;
	for (uint32_t i = 0; i < ncells; i++) {
		if (!take_cell(from, &cell))
			return false;
		*number = *number << 32 | cell;
	}
	return true;
}

static bool cells_make_sense(uint32_t ncells)
{
	return ncells >= 1 && ncells <= MAX_CELLS;
}

static enum fdt_err add_reg(struct fdt_memory *memory, const struct node *parent, const struct node *node)
{
	struct span reg = node->reg;
	uint64_t base, nbytes;
	enum fdt_err err = FDT_OK;

	if (!cells_make_sense(parent->address_cells) || !cells_make_sense(parent->size_cells))
		return FDT_EREG;
	while (err == FDT_OK && reg.nbytes > 0) {
		if (!take_number(&reg, parent->address_cells, &base) ||
		    !take_number(&reg, parent->size_cells, &nbytes))
			return FDT_EREG;
		if (node->kind == NODE_RESERVED)
			err = add_reserved(memory, base, nbytes);
		else
			err = add(memory->ram, &memory->nram, FDT_NRAM, base, nbytes);
	}
	return err;
}

static enum node_kind kind_of(const struct walk *walk, struct span name)
{
	if (walk->depth == 0)
		return NODE_ROOT;
	if (walk->depth == 1 && begins_with(name, "chosen"))
		return NODE_CHOSEN;
	if (walk->depth == 1 && begins_with(name, "reserved-memory"))
		return NODE_RESERVATIONS;
	if (walk->depth == 2 && walk->node[1].kind == NODE_RESERVATIONS)
		return NODE_RESERVED;
	return NODE_OTHER;
}

static enum fdt_err begin_node(struct walk *walk)
{
	struct span name;

	if (!take_text(&walk->structure, &name))
		return FDT_EBOUNDS;
	if (walk->depth == MAX_DEPTH || (walk->depth == 0 && walk->root_seen))
		return FDT_ESTRUCTURE;
	walk->root_seen = true;
	walk->node[walk->depth] = (struct node){
		.kind = kind_of(walk, name),
		.address_cells = DEFAULT_ADDRESS_CELLS,
		.size_cells = DEFAULT_SIZE_CELLS,
	};
	walk->depth++;
	return FDT_OK;
}

static enum fdt_err end_node(struct walk *walk)
{
	const struct node *node;

	if (walk->depth == 0)
		return FDT_ESTRUCTURE;
	node = &walk->node[--walk->depth];
	if (node->disabled)
		return FDT_OK;
	if ((walk->depth == 1 && node->is_memory) || node->kind == NODE_RESERVED)
		return add_reg(walk->memory, node - 1, node);
	return FDT_OK;
}

static void fold_seed(struct walk *walk, struct span value)
{
	uint32_t cell;

	while (take_cell(&value, &cell))
		walk->memory->seed = (walk->memory->seed << 1 | walk->memory->seed >> 31) ^ cell;
}

static enum fdt_err read_cell(struct span value, uint32_t *cell)
{
	return value.nbytes == CELL_NBYTES && take_cell(&value, cell) ? FDT_OK : FDT_EREG;
}

static enum fdt_err use_property(struct walk *walk, struct node *node, struct span name, struct span value)
{
	if (begins_with(name, "#address-cells"))
		return read_cell(value, &node->address_cells);
	if (begins_with(name, "#size-cells"))
		return read_cell(value, &node->size_cells);
	if (begins_with(name, "reg"))
		node->reg = value;
	else if (begins_with(name, "device_type"))
		node->is_memory = begins_with(value, "memory");
	else if (begins_with(name, "status"))
		node->disabled = !begins_with(value, "okay") && !begins_with(value, "ok");
	else if (node->kind == NODE_CHOSEN &&
		 (begins_with(name, "kaslr-seed") || begins_with(name, "rng-seed")))
		fold_seed(walk, value);
	return FDT_OK;
}

static enum fdt_err property(struct walk *walk)
{
	struct span name = walk->strings, before, value;
	uint32_t nbytes, name_offset;

	if (!take_cell(&walk->structure, &nbytes) || !take_cell(&walk->structure, &name_offset) ||
	    !take_padded(&walk->structure, nbytes, &value) || !take(&name, name_offset, &before) ||
	    name.nbytes == 0)
		return FDT_EBOUNDS;
	if (walk->depth == 0)
		return FDT_ESTRUCTURE;
	return use_property(walk, &walk->node[walk->depth - 1], name, value);
}

static enum fdt_err walk_structure(struct walk *walk)
{
	enum fdt_err err = FDT_OK;
	uint32_t token;

	while (err == FDT_OK) {
		if (!take_cell(&walk->structure, &token))
			return FDT_EBOUNDS;
		switch (token) {
		case TOKEN_BEGIN_NODE: err = begin_node(walk); break;
		case TOKEN_END_NODE: err = end_node(walk); break;
		case TOKEN_PROPERTY: err = property(walk); break;
		case TOKEN_NOP: break;
		case TOKEN_END: return walk->depth == 0 && walk->root_seen ? FDT_OK : FDT_ESTRUCTURE;
		default: err = FDT_ESTRUCTURE;
		}
	}
	return err;
}

/* Pairs of 64 bits, ended by one that is 0. */
static enum fdt_err read_reservations(struct span reservations, struct fdt_memory *memory)
{
	uint64_t base, nbytes;
	enum fdt_err err = FDT_OK;

	while (err == FDT_OK) {
		if (!take_number(&reservations, MAX_CELLS, &base) ||
		    !take_number(&reservations, MAX_CELLS, &nbytes))
			return FDT_EBOUNDS;
		if (base == 0 && nbytes == 0)
			break;
		err = add_reserved(memory, base, nbytes);
	}
	return err;
}

static enum fdt_err open_header(const uint8_t *header, size_t max_nbytes, struct span *blob)
{
	if (max_nbytes < HEADER_NBYTES)
		return FDT_EBOUNDS;
	if (be32(header + HEADER_MAGIC) != FDT_MAGIC)
		return FDT_EMAGIC;
	if (be32(header + HEADER_VERSION) < FDT_VERSION ||
	    be32(header + HEADER_LAST_COMPATIBLE) > FDT_VERSION)
		return FDT_EVERSION;
	*blob = (struct span){header, be32(header + HEADER_TOTAL_NBYTES)};
	return blob->nbytes >= HEADER_NBYTES && blob->nbytes <= max_nbytes ? FDT_OK : FDT_EBOUNDS;
}

enum fdt_err fdt_read_memory(const void *blob_start, size_t max_nbytes, struct fdt_memory *memory)
{
	const uint8_t *header = blob_start;
	struct walk walk = {.memory = memory};
	struct span blob, reservations, before;
	enum fdt_err err = open_header(header, max_nbytes, &blob);

	if (err != FDT_OK)
		return err;
	reservations = blob;
	if (!take(&reservations, be32(header + HEADER_RESERVATIONS), &before) ||
	    !sub_span(blob, be32(header + HEADER_STRUCT), be32(header + HEADER_STRUCT_NBYTES),
		      &walk.structure) ||
	    !sub_span(blob, be32(header + HEADER_STRINGS), be32(header + HEADER_STRINGS_NBYTES),
		      &walk.strings) ||
	    !is_terminated(walk.strings))
		return FDT_EBOUNDS;
	*memory = (struct fdt_memory){.blob_nbytes = blob.nbytes};
	err = read_reservations(reservations, memory);
	if (err == FDT_OK)
		err = walk_structure(&walk);
	if (err == FDT_OK && memory->nram == 0)
		err = FDT_ENOMEMORY;
	return err;
}

const char *fdt_err_text(enum fdt_err err)
{
	static const char *const texts[FDT_NERRS] = {
		[FDT_OK] = "device tree: sound",
		[FDT_EMAGIC] = "device tree: bad magic, none was handed over",
		[FDT_EVERSION] = "device tree: its version cannot be read",
		[FDT_EBOUNDS] = "device tree: malformed, a part reaches outside of it",
		[FDT_ESTRUCTURE] = "device tree: malformed, not a tree or too deep",
		[FDT_EREG] = "device tree: malformed address or length cells",
		[FDT_ETOOMANY] = "device tree: more ranges of memory than fit",
		[FDT_ENOMEMORY] = "device tree: it names no memory",
	};

	return (unsigned)err < FDT_NERRS ? texts[err] : "device tree: unknown error";
}
