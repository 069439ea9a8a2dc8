/* SPDX-License-Identifier: MIT */
/* Tests of the reader of device trees: what it finds in sound ones, which cells and ranges it refuses, and
 * what it has to say. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "fdt_fixture.h"

static void range_is(const struct fdt_range *range, uint64_t base, uint64_t nbytes)
{
	assert_true(range->base == base);
	assert_true(range->nbytes == nbytes);
}

/* ---- sound trees ---- */

static void all_that_is_known_is_read(void **state)
{
	(void)state;
	tree_build_sample();
	tree_is_sound(2, 2);
	range_is(&tree_memory.ram[0], 0x40000000, 0x08000000);
	range_is(&tree_memory.ram[1], 0x100000000, 0x200000000);
	range_is(&tree_memory.reserved[0], 0x41000000, 0x1000);
	range_is(&tree_memory.reserved[1], 0x40010000, 0x123);
	assert_int_equal(tree_memory.seed, (1u << 1) ^ 2u);
}

/* The bytes that may be read do not end with the tree, but nobody looks at them. */
static void nothing_behind_the_tree_is_read(void **state)
{
	(void)state;
	tree_build_sample();
	assert_int_equal(tree_read_as(tree.nbytes, tree.nbytes + 1), FDT_OK);
	assert_int_equal(tree_read_as(tree.nbytes, SIZE_MAX), FDT_OK);
	assert_int_equal(tree_memory.blob_nbytes, tree.nbytes);
}

static void numbers_have_one_or_two_cells(void **state)
{
	(void)state;
	tree_begin();
	tree_begin_root(1, 2);
	MEMORY(0x40000000, 1, 0);
	tree_end_root();
	tree_is_sound(1, 0);
	range_is(&tree_memory.ram[0], 0x40000000, 0x100000000);

	tree_begin();
	tree_begin_root(2, 1);
	MEMORY(3, 0x40000000, 0x1000);
	tree_end_root();
	tree_is_sound(1, 0);
	range_is(&tree_memory.ram[0], 0x340000000, 0x1000);
}

/* Two cells of address and one of length, when the root does not say. */
static void cells_have_defaults(void **state)
{
	(void)state;
	tree_begin();
	tree_begin_structure();
	tree_begin_node("");
	MEMORY(1, 0x40000000, 0x1000);
	tree_end_root();
	tree_is_sound(1, 0);
	range_is(&tree_memory.ram[0], 0x140000000, 0x1000);
}

static void ranges_keep_their_order_and_may_overlap(void **state)
{
	(void)state;
	tree_begin();
	tree_begin_root(1, 1);
	MEMORY(0x50000000, 0x2000, 0x40000000, 0x1000, 0x50001000, 0x4000);
	MEMORY(0x40000000, 0x1000);
	tree_end_root();
	tree_is_sound(4, 0);
	range_is(&tree_memory.ram[0], 0x50000000, 0x2000);
	range_is(&tree_memory.ram[1], 0x40000000, 0x1000);
	range_is(&tree_memory.ram[2], 0x50001000, 0x4000);
	range_is(&tree_memory.ram[3], 0x40000000, 0x1000);
}

static void only_enabled_memory_below_the_root_counts(void **state)
{
	(void)state;
	tree_begin();
	tree_begin_root(1, 1);
	tree_begin_memory();
	tree_text("status", "disabled");
	CELLS("reg", 0x10000000, 0x1000);
	tree_end_node();
	tree_begin_node("bus");
	MEMORY(0x20000000, 0x1000);
	tree_end_node();
	tree_begin_node("memory@30000000"); /* by its name alone */
	CELLS("reg", 0x30000000, 0x1000);
	tree_end_node();
	tree_begin_node("node");
	CELLS("reg", 0x40000000, 0x1000);
	tree_text("device_type", "memory");
	tree_text("status", "ok");
	tree_end_node();
	tree_end_root();
	tree_is_sound(1, 0);
	range_is(&tree_memory.ram[0], 0x40000000, 0x1000);
}

static void a_range_may_end_with_the_address_space(void **state)
{
	(void)state;
	tree_begin();
	tree_put_number(UINT64_MAX);
	tree_put_number(1);
	tree_begin_root(2, 2);
	MEMORY(0xffffffff, 0xfffff000, 0, 0x1000, 0, 0, 0xffffffff, 0xffffffff);
	tree_end_root();
	tree_is_sound(2, 1);
	range_is(&tree_memory.ram[0], 0xfffffffffffff000, 0x1000);
	range_is(&tree_memory.ram[1], 0, UINT64_MAX);
	range_is(&tree_memory.reserved[0], UINT64_MAX, 1);
}

static void reservations_of_both_kinds_are_read(void **state)
{
	(void)state;
	tree_begin();
	tree_put_number(0x140000000);
	tree_put_number(0x200000000);
	tree_put_number(0x40000000); /* empty, but not the end */
	tree_put_number(0);
	tree_put_number(0);
	tree_put_number(0x1000);
	tree_begin_root(1, 1);
	MEMORY(0x40000000, 0x08000000);
	tree_begin_node("reserved-memory");
	CELLS("#address-cells", 2);
	CELLS("#size-cells", 1);
	tree_begin_node("two");
	CELLS("reg", 0, 0x42000000, 0x1000, 0, 0x42000800, 0x1000);
	tree_end_node();
	tree_begin_node("placed-later");
	CELLS("size", 0x100000);
	tree_end_node();
	tree_begin_node("off");
	tree_text("status", "disabled");
	CELLS("reg", 0, 0x43000000, 0x1000);
	tree_end_node();
	tree_end_node();
	tree_end_root();
	tree_is_sound(1, 4);
	range_is(&tree_memory.reserved[0], 0x140000000, 0x200000000);
	range_is(&tree_memory.reserved[1], 0, 0x1000);
	range_is(&tree_memory.reserved[2], 0x42000000, 0x1000);
	range_is(&tree_memory.reserved[3], 0x42000800, 0x1000);
}

/* ---- cells and ranges ---- */

static void cells_that_make_no_sense_are_refused(void **state)
{
	static const uint32_t absurd[] = {0, 3, 0x01000000, UINT32_MAX};

	(void)state;
	for (size_t i = 0; i < COUNT(absurd); i++) {
		tree_begin();
		tree_begin_root(absurd[i], 1);
		MEMORY(0x40000000, 0x1000, 0, 0);
		tree_end_root();
		tree_is_refused(FDT_EREG);

		tree_begin();
		tree_begin_root(1, absurd[i]);
		MEMORY(0x40000000, 0x1000, 0, 0);
		tree_end_root();
		tree_is_refused(FDT_EREG);
	}
	tree_begin();
	tree_begin_root(1, 1);
	CELLS("#size-cells", 0, 1); /* not a number of one cell */
	tree_end_root();
	tree_is_refused(FDT_EREG);
}

/* Processors have no length; that is no business of the reader of memory. */
static void cells_of_others_do_not_matter(void **state)
{
	(void)state;
	tree_begin();
	tree_begin_root(1, 1);
	tree_begin_node("cpus");
	CELLS("#address-cells", 3);
	CELLS("#size-cells", 0);
	tree_begin_node("cpu@0");
	CELLS("reg", 0);
	tree_end_node();
	tree_end_node();
	MEMORY(0x40000000, 0x1000);
	tree_end_root();
	tree_is_sound(1, 0);
}

static void a_reg_of_broken_entries_is_refused(void **state)
{
	(void)state;
	tree_begin();
	tree_begin_root(1, 1);
	MEMORY(0x40000000, 0x1000, 0x50000000);
	tree_end_root();
	tree_is_refused(FDT_EREG);

	tree_begin();
	tree_begin_root(1, 1);
	tree_begin_memory();
	tree_property("reg", "\x40\0\0\0\0\0\x10", 7);
	tree_end_node();
	tree_end_root();
	tree_is_refused(FDT_EREG);
}

static void a_range_that_wraps_is_refused(void **state)
{
	(void)state;
	tree_begin();
	tree_begin_root(2, 2);
	MEMORY(0xffffffff, 0xfffff000, 0, 0x1001);
	tree_end_root();
	tree_is_refused(FDT_EREG);

	tree_begin();
	tree_put_number(2);
	tree_put_number(UINT64_MAX);
	tree_begin_root(1, 1);
	MEMORY(0x40000000, 0x1000);
	tree_end_root();
	tree_is_refused(FDT_EREG);
}

static void a_tree_without_memory_is_refused(void **state)
{
	(void)state;
	tree_begin();
	tree_begin_root(1, 1);
	tree_end_root();
	tree_is_refused(FDT_ENOMEMORY);

	tree_begin();
	tree_begin_root(1, 1);
	tree_begin_memory(); /* no reg */
	tree_end_node();
	tree_begin_memory();
	tree_property("reg", "", 0);
	tree_end_node();
	MEMORY(0x40000000, 0); /* an empty range */
	tree_end_root();
	tree_is_refused(FDT_ENOMEMORY);
}

static void build_many(unsigned nram, unsigned nreserved)
{
	tree_begin();
	for (uint32_t i = 1; i <= nreserved; i++) {
		tree_put_number(0x1000 * i);
		tree_put_number(0x1000);
	}
	tree_begin_root(1, 1);
	for (uint32_t i = 0; i < nram; i++)
		MEMORY(0x10000000 * i, 0x1000);
	tree_end_root();
}

static void more_ranges_than_fit_are_refused(void **state)
{
	(void)state;
	build_many(FDT_NRAM, FDT_NRESERVED);
	tree_is_sound(FDT_NRAM, FDT_NRESERVED);
	build_many(FDT_NRAM + 1, FDT_NRESERVED);
	tree_is_refused(FDT_ETOOMANY);
	build_many(FDT_NRAM, FDT_NRESERVED + 1);
	tree_is_refused(FDT_ETOOMANY);
}

static void every_error_says_what_is_wrong(void **state)
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

	(void)state;
	for (int err = FDT_OK; err < FDT_NERRS; err++)
		assert_string_equal(fdt_err_text((enum fdt_err)err), texts[err]);
	assert_string_equal(fdt_err_text(FDT_NERRS), "device tree: unknown error");
	assert_string_equal(fdt_err_text((enum fdt_err) - 1), "device tree: unknown error");
}

int test_fdt_run(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_that_is_known_is_read),
		cmocka_unit_test(nothing_behind_the_tree_is_read),
		cmocka_unit_test(numbers_have_one_or_two_cells),
		cmocka_unit_test(cells_have_defaults),
		cmocka_unit_test(ranges_keep_their_order_and_may_overlap),
		cmocka_unit_test(only_enabled_memory_below_the_root_counts),
		cmocka_unit_test(a_range_may_end_with_the_address_space),
		cmocka_unit_test(reservations_of_both_kinds_are_read),
		cmocka_unit_test(cells_that_make_no_sense_are_refused),
		cmocka_unit_test(cells_of_others_do_not_matter),
		cmocka_unit_test(a_reg_of_broken_entries_is_refused),
		cmocka_unit_test(a_range_that_wraps_is_refused),
		cmocka_unit_test(a_tree_without_memory_is_refused),
		cmocka_unit_test(more_ranges_than_fit_are_refused),
		cmocka_unit_test(every_error_says_what_is_wrong),
	};
	return cmocka_run_group_tests_name("fdt", tests, NULL, NULL) + test_fdt_malformed_run();
}
