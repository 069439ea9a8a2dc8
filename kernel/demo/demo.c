/* SPDX-License-Identifier: MIT */
/* The demonstration: what Cairn does, to be watched by a person and checked by the run itself.
 * Every figure printed is taken from the run; nothing is known beforehand but the traces. */
#include "arch.h"
#include "console.h"
#include "demo.h"
#include "main.h"

void application(void *arg)
{
	(void)arg;
	show_memory_map();
	run_load();
	exhaust_memory();
	overflow_stacks();
	misuse_memory();
	close_the_books();
	console_print("\nCairn: all checks held.\n");
	arch_exit(0);
}

void demo_failed(const char *what, const char *file, int line)
{
	console_print("DEMO FAILED: %s (task %s, %s:%d)\n", what, task_name(task_self()), file, line);
	arch_exit(1);
}

void print_heading(const char *title)
{
	console_print("\n%s\n\n", title);
}

void expect_sound(const char *when)
{
	const char *broken;

	scheduler_suspend();
	broken = cairn_check();
	scheduler_resume();
	if (broken == NULL)
		return;
	console_print("DEMO FAILED: %s: cairn_check found broken: %s\n", when, broken);
	arch_exit(1);
}

void *borrow(size_t nbytes)
{
	unsigned order = 0;
	void *memory;

	while (CAIRN_FRAME_NBYTES << order < nbytes)
		order++;
	memory = cairn_pages_alloc(order, CAIRN_ANY_ZONE);
	EXPECT(memory != NULL, "there is memory for notes");
	memset(memory, 0, nbytes);
	return memory;
}

void give_back(void *memory)
{
	EXPECT(cairn_pages_free(memory) == CAIRN_OK, "notes are freed");
}

/* ---- figures ---- */

const char *const owner_names[CAIRN_NOWNERS] = {
	[CAIRN_RESERVED] = "reserved", [CAIRN_FREE] = "free", [CAIRN_PAGES] = "pages",
	[CAIRN_SLAB] = "slabs",        [CAIRN_HEAP] = "heap", [CAIRN_STACK] = "stacks",
	[CAIRN_META] = "metadata",
};

void describe(const void *addr, char text[DESCRIPTION_NBYTES])
{
	struct cairn_explanation is;
	const char *link = "", *name = "";
	size_t offset;

	cairn_explain(addr, &is);
	if (is.name != NULL) {
		link = is.what == CAIRN_IS_FREE || is.what == CAIRN_IS_PAGES ? " of " : " ";
		name = is.name;
	}
	offset = (uintptr_t)addr - is.base;
	if (is.what == CAIRN_IS_UNMANAGED)
		console_format(text, DESCRIPTION_NBYTES, "%s", cairn_what_name(is.what));
	else if (offset == 0)
		console_format(text, DESCRIPTION_NBYTES, "%s%s%s, %zu B", cairn_what_name(is.what), link,
			       name, is.nbytes);
	else
		console_format(text, DESCRIPTION_NBYTES, "%zu B into %s%s%s, %zu B", offset,
			       cairn_what_name(is.what), link, name, is.nbytes);
}

uint32_t next_random(uint32_t *state)
{
	uint32_t x = *state;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	*state = x;
	return x;
}

/* ---- stamps ---- */

/* Odd, so that no two words of a payload below 16 GiB are alike. */
#define STAMP_STRIDE 0x9e3779b9u

void stamp(void *payload, size_t nbytes, uint32_t seed)
{
	uint32_t *word = payload;
	uint8_t *tail;

	for (size_t n = nbytes / sizeof(*word); n != 0; n--, seed += STAMP_STRIDE)
		*word++ = seed;
	tail = (uint8_t *)word;
	for (size_t n = nbytes % sizeof(*word); n != 0; n--, seed >>= 8)
		*tail++ = (uint8_t)seed;
}

bool is_stamped(const void *payload, size_t nbytes, uint32_t seed)
{
	const uint32_t *word = payload;
	const uint8_t *tail;

	for (size_t n = nbytes / sizeof(*word); n != 0; n--, seed += STAMP_STRIDE)
		if (*word++ != seed)
			return false;
	tail = (const uint8_t *)word;
	for (size_t n = nbytes % sizeof(*word); n != 0; n--, seed >>= 8)
		if (*tail++ != (uint8_t)seed)
			return false;
	return true;
}
