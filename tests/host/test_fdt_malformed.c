/* SPDX-License-Identifier: MIT */
/* Trees that are malformed, each in its own way, and trees changed at random: refused, with the right error,
 * and nothing outside of them is read. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fdt_fixture.h"

#define MAX_DEPTH  16 /* nodes that may be open, the root among them */
#define NMUTATIONS 20000

/* ---- the header and the blocks ---- */

static void a_wrong_header_is_refused(void **state)
{
	(void)state;
	tree_build_sample();
	tree_is_refused_with(MAGIC, 0, FDT_EMAGIC);
	tree_is_refused_with(MAGIC, 0xedfe0dd0, FDT_EMAGIC);
	tree_is_refused_with(VERSION, 16, FDT_EVERSION);
	tree_is_refused_with(LAST_COMPATIBLE, 18, FDT_EVERSION);
	tree_is_refused_with(TOTAL_NBYTES, 0, FDT_EBOUNDS);
	tree_is_refused_with(TOTAL_NBYTES, HEADER_NBYTES - 1, FDT_EBOUNDS);
	tree_is_refused_with(TOTAL_NBYTES, HEADER_NBYTES, FDT_EBOUNDS);
	tree_is_refused_with(TOTAL_NBYTES, (uint32_t)tree.nbytes + 1, FDT_EBOUNDS);
	tree_is_refused_with(TOTAL_NBYTES, UINT32_MAX, FDT_EBOUNDS);
}

static void a_block_outside_of_the_tree_is_refused(void **state)
{
	static const enum field fields[] = {STRUCT, STRINGS, RESERVATIONS, STRUCT_LENGTH, STRINGS_LENGTH};

	(void)state;
	tree_build_sample();
	for (size_t i = 0; i < COUNT(fields); i++) {
		tree_is_refused_with(fields[i], (uint32_t)tree.nbytes + 1, FDT_EBOUNDS);
		tree_is_refused_with(fields[i], UINT32_MAX, FDT_EBOUNDS);
		/* offset and length that add up to less than the tree in 32 bits */
		tree_is_refused_with(fields[i], 0u - CELL_NBYTES, FDT_EBOUNDS);
	}
	tree_is_refused_with(STRINGS_LENGTH, tree_cell_at(STRINGS_LENGTH) + 1, FDT_EBOUNDS);
	tree_is_refused_with(RESERVATIONS, (uint32_t)tree.nbytes - 1, FDT_EBOUNDS);
}

static void every_truncation_is_refused(void **state)
{
	(void)state;
	tree_build_sample();
	for (size_t nbytes = 0; nbytes < tree.nbytes; nbytes++)
		assert_int_equal(tree_read_as(nbytes, nbytes), FDT_EBOUNDS);
	/* and when the header knows of it */
	for (size_t nbytes = HEADER_NBYTES; nbytes < tree.nbytes; nbytes++) {
		tree_put_at(TOTAL_NBYTES, (uint32_t)nbytes);
		assert_int_equal(tree_read_as(nbytes, nbytes), FDT_EBOUNDS);
	}
}

static void a_structure_cut_short_is_refused(void **state)
{
	uint32_t nbytes;

	(void)state;
	tree_build_sample();
	nbytes = tree_cell_at(STRUCT_LENGTH);
	for (uint32_t cut = 0; cut < nbytes; cut++)
		tree_is_refused_with(STRUCT_LENGTH, cut, FDT_EBOUNDS);
}

static void reservations_without_an_end_are_refused(void **state)
{
	(void)state;
	tree_build_small();
	/* in the last bytes of the tree there is room for one entry, which does not end them */
	tree_is_refused_with(RESERVATIONS, (uint32_t)tree.nbytes - 16, FDT_EBOUNDS);
	tree_is_refused_with(RESERVATIONS, (uint32_t)tree.nbytes, FDT_EBOUNDS);
}

/* ---- the structure ---- */

static void a_structure_without_its_end_is_refused(void **state)
{
	(void)state;
	tree_begin();
	tree_begin_root(1, 1);
	MEMORY(0x40000000, 0x1000);
	tree_end_node();
	tree_finish();
	tree_is_refused(FDT_EBOUNDS);

	tree_begin();
	tree_begin_structure();
	tree_finish();
	tree_is_refused(FDT_EBOUNDS);
}

static void what_is_no_tree_is_refused(void **state)
{
	static const uint32_t no_token[] = {0, 5, 8, 10, 0x01000000, UINT32_MAX};

	(void)state;
	tree_build_small();
	for (size_t i = 0; i < COUNT(no_token); i++)
		tree_is_refused_with(tree.struct_at, no_token[i], FDT_ESTRUCTURE);
	tree_is_refused_with(tree.struct_at, END, FDT_ESTRUCTURE);      /* nothing */
	tree_is_refused_with(tree.struct_at, END_NODE, FDT_ESTRUCTURE); /* ends what did not begin */

	tree_begin();
	tree_begin_root(1, 1); /* never ends */
	tree_end();
	tree_is_refused(FDT_ESTRUCTURE);

	tree_begin();
	tree_begin_root(1, 1);
	tree_end_node();
	tree_begin_node(""); /* a second root */
	tree_end_root();
	tree_is_refused(FDT_ESTRUCTURE);

	tree_begin();
	tree_begin_structure();
	tree_text("model", "of nothing");
	tree_begin_node("");
	tree_end_root();
	tree_is_refused(FDT_ESTRUCTURE);
}

static void an_unterminated_node_name_is_refused(void **state)
{
	(void)state;
	tree_begin();
	tree_begin_root(1, 1);
	tree_put(BEGIN_NODE);
	tree_put_padded("memories", 8); /* the strings behind it have a terminator */
	tree_finish();
	tree_is_refused(FDT_EBOUNDS);
}

static void a_property_past_the_end_is_refused(void **state)
{
	/* the last ones would come round to a sound length if they were rounded up, or added, in 32 bits */
	static const uint32_t nbytes[] = {5,          0x7fffffff, 0x80000000, 0xfffffff4,
					  0xfffffffc, 0xfffffffd, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT(nbytes); i++) {
		tree_begin();
		tree_begin_root(1, 1);
		tree_property_head(nbytes[i], tree_put_string("model"));
		tree_put(0);
		tree_finish();
		tree_is_refused(FDT_EBOUNDS);
	}
}

static void a_property_name_outside_of_the_strings_is_refused(void **state)
{
	size_t name_at;

	(void)state;
	tree_begin();
	tree_begin_root(1, 1);
	MEMORY(0x40000000, 0x1000);
	name_at = tree.nbytes + 2 * CELL_NBYTES;
	tree_text("model", "any");
	tree_end_root();
	tree_is_sound(1, 0);
	tree_is_refused_with(name_at, tree_cell_at(STRINGS_LENGTH), FDT_EBOUNDS);
	tree_is_refused_with(name_at, tree_cell_at(STRINGS_LENGTH) + 1, FDT_EBOUNDS);
	tree_is_refused_with(name_at, 0x80000000, FDT_EBOUNDS);
	tree_is_refused_with(name_at, UINT32_MAX, FDT_EBOUNDS);
}

/* A name that is cut short is no other name: what is reserved must not be lost with its reg. */
static void strings_cut_short_are_refused(void **state)
{
	uint32_t nbytes;

	(void)state;
	tree_build_sample();
	nbytes = tree_cell_at(STRINGS_LENGTH);
	for (uint32_t cut = 0; cut < nbytes; cut++)
		tree_is_refused_with(STRINGS_LENGTH, cut, FDT_EBOUNDS);
}

static void build_nested(int depth)
{
	tree_begin();
	tree_begin_root(1, 1);
	MEMORY(0x40000000, 0x08000000);
	for (int i = 1; i < depth; i++)
		tree_begin_node("deeper");
	for (int i = 1; i < depth; i++)
		tree_end_node();
	tree_end_root();
}

static void nodes_nest_so_deep_and_no_deeper(void **state)
{
	(void)state;
	build_nested(MAX_DEPTH);
	tree_is_sound(1, 0);
	build_nested(MAX_DEPTH + 1);
	tree_is_refused(FDT_ESTRUCTURE);
	build_nested(20 * MAX_DEPTH);
	tree_is_refused(FDT_ESTRUCTURE);
}

/* ---- mutations ---- */

static void mutate(struct support_rng *rng)
{
	static const uint32_t likely[] = {0, 1, 2, 3, 4, 9, 0x7fffffff, 0x80000000, 0xfffffffc, UINT32_MAX};
	size_t at = support_random_below(rng, (uint32_t)tree.nbytes);

	if (support_random_below(rng, 3) != 0)
		tree.bytes[at] = (uint8_t)support_random(rng);
	else if (at >= CELL_NBYTES)
		tree_put_at(at / CELL_NBYTES * CELL_NBYTES - CELL_NBYTES,
			    likely[support_random_below(rng, COUNT(likely))]);
}

static bool all_sound(const struct fdt_range *ranges, size_t nranges, size_t max)
{
	if (nranges > max)
		return false;
	for (size_t i = 0; i < nranges; i++) {
		if (ranges[i].nbytes == 0 || ranges[i].base + (ranges[i].nbytes - 1) < ranges[i].base)
			return false;
	}
	return true;
}

static bool makes_sense(enum fdt_err err)
{
	if (err != FDT_OK)
		return err < FDT_NERRS;
	return tree_memory.blob_nbytes <= tree.nbytes && tree_memory.nram > 0 &&
	       all_sound(tree_memory.ram, tree_memory.nram, FDT_NRAM) &&
	       all_sound(tree_memory.reserved, tree_memory.nreserved, FDT_NRESERVED);
}

static void mutations_are_read_or_refused(void **state)
{
	const uint32_t seed = support_seed();
	struct support_rng rng = {seed};
	unsigned nread = 0;

	(void)state;
	print_message("random seed %u\n", (unsigned)seed);
	for (int step = 0; step < NMUTATIONS; step++) {
		enum fdt_err err;

		tree_build_sample();
		for (uint32_t n = 1 + support_random_below(&rng, 4); n > 0; n--)
			mutate(&rng);
		err = tree_read();
		if (!makes_sense(err))
			fail_msg("seed %u, step %d: error %d, or what was read", (unsigned)seed, step,
				 (int)err);
		nread += err == FDT_OK;
	}
	/* else they would not be worth much */
	assert_in_range(nread, NMUTATIONS / 20, NMUTATIONS - NMUTATIONS / 20);
}

int test_fdt_malformed_run(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_nest_so_deep_and_no_deeper),
		cmocka_unit_test(a_wrong_header_is_refused),
		cmocka_unit_test(a_block_outside_of_the_tree_is_refused),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(a_structure_cut_short_is_refused),
		cmocka_unit_test(reservations_without_an_end_are_refused),
		cmocka_unit_test(a_structure_without_its_end_is_refused),
		cmocka_unit_test(what_is_no_tree_is_refused),
		cmocka_unit_test(an_unterminated_node_name_is_refused),
		cmocka_unit_test(a_property_past_the_end_is_refused),
		cmocka_unit_test(a_property_name_outside_of_the_strings_is_refused),
		cmocka_unit_test(strings_cut_short_are_refused),
		cmocka_unit_test(mutations_are_read_or_refused),
	};
	return cmocka_run_group_tests_name("fdt, malformed", tests, NULL, NULL);
}
