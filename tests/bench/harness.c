/* SPDX-License-Identifier: MIT */
/* From the command line to a workload and its results. */
#include "bench.h"

#include "arch.h"
#include "cairn.h"
#include "console.h"

#define SYS_GET_CMDLINE     0x15u
#define COMMAND_LINE_NBYTES 128u
#define STATUS_TOO_SMALL    3

/* image workload [number] */
enum { WORD_IMAGE, WORD_WORKLOAD, WORD_NUMBER, NWORDS };
static char command_line[COMMAND_LINE_NBYTES];
static const char *word[NWORDS];

static void split_words(char *text)
{
	for (size_t i = 0; i < NWORDS && *text != '\0'; i++) {
		word[i] = text;
		while (*text != '\0' && *text != ' ')
			text++;
		if (*text == ' ')
			*text++ = '\0';
	}
}

static void read_command_line(void)
{
	struct {
		char *text;
		size_t nbytes;
	} block = {command_line, sizeof(command_line)};

	if (bench_semihost(SYS_GET_CMDLINE, &block) != 0)
		panic("no command line");
	split_words(command_line);
	if (!word[WORD_WORKLOAD])
		panic("the command line names no workload");
}

size_t bench_argument(size_t otherwise)
{
	const char *digit = word[WORD_NUMBER];
	size_t number = 0;

	if (!digit)
		return otherwise;
	for (; *digit >= '0' && *digit <= '9'; digit++)
		number = number * 10 + (size_t)(*digit - '0');
	return number;
}

void bench_space(size_t value, const char *unit)
{
	if (!bench_scratch->quiet)
		console_print("space,%s,%zu,%s\n", word[WORD_WORKLOAD], value, unit);
}

_Noreturn void bench_fail(const char *why)
{
	console_print("fail,%s,%s\n", word[WORD_WORKLOAD], why);
	arch_exit(STATUS_TOO_SMALL);
}

/* ---- the generator: xorshift32 ---- */

static uint32_t random_state;

void bench_seed(uint32_t seed)
{
	random_state = seed;
}

uint32_t bench_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

size_t bench_random_nbytes(unsigned log2)
{
	const unsigned min_log2 = 3;
	unsigned k = min_log2 + bench_random() % (log2 - min_log2);
	size_t power = (size_t)1 << k;

	return power + (bench_random() & (power - 1));
}

/* ---- running ---- */

static bool same_text(const char *a, const char *b)
{
	while (*a != '\0' && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static void run(const struct bench_workload *workload)
{
	workload->run();
	bench_print_series(workload->name);
	console_print("done,%s\n", workload->name);
	arch_exit(0);
}

_Noreturn void bench_main(const struct bench_workload *const lists[])
{
	bool list_only;

	read_command_line();
	bench_calibrate();
	bench_remember();
	list_only = same_text(word[WORD_WORKLOAD], "list");
	for (; *lists; lists++) {
		for (const struct bench_workload *workload = *lists; workload->name; workload++) {
			if (list_only)
				console_print("workload,%s\n", workload->name);
			else if (same_text(word[WORD_WORKLOAD], workload->name))
				run(workload);
		}
	}
	if (!list_only)
		panic("no workload is called %s", word[WORD_WORKLOAD]);
	arch_exit(0);
}
