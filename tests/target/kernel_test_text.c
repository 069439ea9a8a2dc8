/* SPDX-License-Identifier: MIT */
/* Tests of the console, of console_format and of the memory functions. */
#include "console.h"
#include "fault.h"
#include "kernel_test.h"
#include "lock.h"
#include "main.h"
#include "task_private.h"

/* ---- the console ---- */

static unsigned nlocks;

static arch_key lock_and_count(void)
{
	nlocks++;
	return kernel_lock();
}

static const void *who_runs(void)
{
	return task_token(task_self());
}

static bool in_fault(void)
{
	return kernel_in_fault;
}

static void interrupts_are_masked_for_one_character(void)
{
	static const struct console_system counting = {lock_and_count, kernel_unlock, who_runs, in_fault};
	static const struct console_system usual = {kernel_lock, kernel_unlock, who_runs, in_fault};
	static const char text[] = "a line of some length, sent character by character\n";

	nlocks = 0;
	console_attach(&counting);
	console_print("%s", text);
	console_attach(&usual);
	EXPECT(nlocks >= sizeof(text) - 1);
}

#define NWRITERS CONSOLE_LINES

static void format_for_ever(void *arg)
{
	(void)arg;
	console_print("%1000000000s", "");
}

static void be_undefined(void *arg)
{
	(void)arg;
	__builtin_trap();
}

static void the_line_of_a_fault_is_never_lost(void)
{
	uint32_t nfaults = fault_last()->count;
	unsigned nlost = console_nlost();
	task_id writers[NWRITERS];

	for (size_t i = 0; i < NWRITERS; i++)
		writers[i] = start("writer", LOW, format_for_ever, NULL);
	task_sleep(NWRITERS + 1);
	console_print("this line is lost\n");
	EXPECT(console_nlost() == nlost + 1);
	for (int i = 0; i < 3; i++)
		expect_killed(start("faulty", HIGH, be_undefined, NULL));
	EXPECT(fault_last()->count == nfaults + 3 && console_nlost() == nlost + 1);
	console_print("so is this one\n");
	EXPECT(console_nlost() == nlost + 2);
	for (size_t i = 0; i < NWRITERS; i++) {
		EXPECT(task_kill(writers[i]) == KERNEL_OK);
		expect_killed(writers[i]);
	}
	console_print("this one is not\n");
	EXPECT(console_nlost() == nlost + 2);
}

/* ---- console_format ---- */

static bool is_formatted(const char *got, size_t length, const char *expected)
{
	size_t n = 0;

	while (expected[n] != '\0')
		n++;
	return length == n && memcmp(got, expected, n + 1) == 0;
}

#define FORMATS(expected, ...) \
	EXPECT(is_formatted(text, console_format(text, sizeof(text), __VA_ARGS__), expected))

static void every_conversion_is_formatted(void)
{
	const char *volatile no_text = NULL; /* the compiler is not to see it */
	char text[64];

	FORMATS("abc|  abc|abc  |ab", "%s|%5s|%-5s|%.2s", "abc", "abc", "abc", "abc");
	FORMATS("x%|-1|  42|0042|42  |", "%c%%|%d|%4d|%04d|%-4d|", 'x', -1, 42, 42, 42);
	FORMATS("4294967295 beef 0x1234 000000ff", "%u %x %p %08x", 4294967295u, 0xbeefu, (void *)0x1234,
		0xffu);
	FORMATS("7 a 8 b", "%zu %zx %lu %lx", (size_t)7, (size_t)10, 8ul, 11ul);
	FORMATS("-0005|-2147483648", "%05d|%d", -5, -2147483647 - 1);
	FORMATS("(null)|", "%s|%.0s", no_text, "abc");
}

static void a_text_that_is_too_long_is_cut(void)
{
	char text[8];

	memset(text, 'z', sizeof(text));
	EXPECT(console_format(text, 4, "%s", "abcdef") == 6);
	EXPECT(memcmp(text, "abc\0zzzz", sizeof(text)) == 0);
	EXPECT(console_format(text, 1, "%d", 123) == 3);
	EXPECT(memcmp(text, "\0bc\0zzzz", sizeof(text)) == 0);
}

/* ---- memory ---- */

#define SPAN 48

static unsigned char buffer[SPAN], model[SPAN];

static void fill_both(void)
{
	for (size_t i = 0; i < SPAN; i++) {
		buffer[i] = (unsigned char)(i * 7 + 1);
		model[i] = buffer[i];
	}
}

static void move_naively(size_t to, size_t from, size_t nbytes)
{
	unsigned char copy[SPAN];

	for (size_t i = 0; i < nbytes; i++)
		copy[i] = model[from + i];
	for (size_t i = 0; i < nbytes; i++)
		model[to + i] = copy[i];
}

static void memory_moves_at_every_alignment(void)
{
	for (size_t to = 0; to < 12; to++) {
		for (size_t from = 0; from < 12; from++) {
			for (size_t nbytes = 0; nbytes < SPAN - 12; nbytes++) {
				fill_both();
				memmove(buffer + to, buffer + from, nbytes);
				move_naively(to, from, nbytes);
				if (!EXPECT(memcmp(buffer, model, SPAN) == 0))
					return;
			}
		}
	}
}

static void memory_is_copied_and_set_at_every_alignment(void)
{
	static unsigned char source[SPAN];

	for (size_t i = 0; i < SPAN; i++)
		source[i] = (unsigned char)(i * 5 + 3);
	for (size_t to = 0; to < 8; to++) {
		for (size_t nbytes = 0; nbytes < SPAN - 16; nbytes++) {
			fill_both();
			memcpy(buffer + to, source + to % 5, nbytes);
			memset(buffer + to + nbytes, 0x5a, to);
			for (size_t i = 0; i < nbytes; i++)
				model[to + i] = source[to % 5 + i];
			for (size_t i = 0; i < to; i++)
				model[to + nbytes + i] = 0x5a;
			EXPECT(memcmp(buffer, model, SPAN) == 0);
		}
	}
}

static void memory_is_compared_byte_by_byte(void)
{
	for (size_t at = 0; at < SPAN - 4; at++) {
		fill_both();
		model[at + 1] = (unsigned char)(buffer[at + 1] ^ 0x80);
		EXPECT(memcmp(buffer, model, at + 1) == 0);
		EXPECT((memcmp(buffer, model, SPAN) < 0) == (buffer[at + 1] < model[at + 1]));
		EXPECT(memcmp(buffer + 1, model + 1, SPAN - 1) != 0);
	}
	EXPECT(memcmp(buffer, model, 0) == 0);
}

const struct kernel_test text_tests[] = {
	KERNEL_TEST(interrupts_are_masked_for_one_character),
	KERNEL_TEST(the_line_of_a_fault_is_never_lost),
	KERNEL_TEST(every_conversion_is_formatted),
	KERNEL_TEST(a_text_that_is_too_long_is_cut),
	KERNEL_TEST(memory_moves_at_every_alignment),
	KERNEL_TEST(memory_is_copied_and_set_at_every_alignment),
	KERNEL_TEST(memory_is_compared_byte_by_byte),
	{NULL, NULL},
};
