/* SPDX-License-Identifier: MIT */
/* Replay a recorded program (tests/traces) through whatever malloc and free are here:
 *	replay TRACE count|time [empty]
 * count: once, for a tool that counts the instructions of replay_alloc and replay_free, inclusive; time: many
 * times, and the best one's nanoseconds an operation are printed. empty: through calls that do nothing, to be
 * subtracted. A reallocation is an allocation and a free, what is left at the end is freed, payloads are not
 * touched. Prints the file that malloc comes from, so that no figure bears a wrong name; until then nothing
 * else here allocates. */
#include <dlfcn.h>
#include <fcntl.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "../../../kernel/demo/trace.h"

#define TIMED_NS 5e8 /* replays against the clock go on that long */

static void *empty_malloc(size_t nbytes)
{
	return (void *)nbytes; /* anything but NULL */
}

static void empty_free(void *p)
{
	(void)p;
}

/* Through pointers, so that the calls that are subtracted are made as the others are. */
static struct {
	void *(*alloc)(size_t nbytes);
	void (*free)(void *p);
} calls = {malloc, free};

static void expect(int holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "replay: it does not hold that %s\n", what);
		exit(1);
	}
}

/* Not inlined, and no jump out of them, so that calls of these names are what costs. */
__attribute__((noinline)) void *replay_alloc(size_t nbytes)
{
	void *p = calls.alloc(nbytes);

	__asm__ volatile("" : "+r"(p));
	return p;
}

__attribute__((noinline)) void replay_free(void *p)
{
	calls.free(p);
	__asm__ volatile("");
}

static void perform(const struct trace_operation *operation, void **slot)
{
	void *old = *slot;

	switch (trace_kind(operation)) {
	case TRACE_REALLOCATE:
	case TRACE_ALLOCATE:
		*slot = replay_alloc(trace_nbytes(operation));
		expect(*slot != NULL, "there is memory");
		break;
	case TRACE_FREE: *slot = NULL; break;
	default: expect(0, "a trace has three kinds of operations");
	}
	if (old != NULL)
		replay_free(old);
}

__attribute__((noinline)) void replay_once(const struct trace *trace, void **slots)
{
	for (uint32_t i = 0; i < trace->noperations; i++)
		perform(&trace->operation[i], &slots[trace->operation[i].slot]);
	for (uint32_t n = 0; n < trace->nslots; n++)
		if (slots[n] != NULL) {
			replay_free(slots[n]);
			slots[n] = NULL;
		}
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Nanoseconds an operation of the trace. */
static double time_operation(const struct trace *trace, void **slots)
{
	double best_ns = INFINITY, start_ns = now_ns(), end_ns = start_ns;

	while (end_ns - start_ns < TIMED_NS) {
		double begin_ns = end_ns;

		replay_once(trace, slots);
		end_ns = now_ns();
		if (end_ns - begin_ns < best_ns)
			best_ns = end_ns - begin_ns;
	}
	return best_ns / trace->noperations;
}

static const struct trace *map_trace(const char *path)
{
	int file = open(path, O_RDONLY);
	struct stat status;
	const struct trace *trace;

	expect(file >= 0 && fstat(file, &status) == 0, "the trace can be read");
	trace = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
	expect(trace != MAP_FAILED && trace->magic == TRACE_MAGIC, "the trace begins with its magic");
	return trace;
}

static void **map_slots(size_t nslots)
{
	void **slots = mmap(NULL, nslots * sizeof(*slots), PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	expect(slots != MAP_FAILED, "there is memory for the slots");
	return slots;
}

static const char *source_of_malloc(void)
{
	void *address = dlsym(RTLD_DEFAULT, "malloc");
	Dl_info info;

	expect(address != NULL && dladdr(address, &info) != 0, "malloc comes from a file");
	return info.dli_fname;
}

int main(int argc, char **argv)
{
	const struct trace *trace;
	void **slots;
	double ns = 0;

	expect(argc >= 3, "there are a trace and what to do with it");
	trace = map_trace(argv[1]);
	slots = map_slots(trace->nslots);
	if (argc > 3) {
		calls.alloc = empty_malloc;
		calls.free = empty_free;
	}
	replay_free(replay_alloc(1)); /* some prepare themselves now: that is not counted */
	if (strcmp(argv[2], "count") == 0)
		replay_once(trace, slots);
	else
		ns = time_operation(trace, slots);
	printf("%.2f ns, malloc from %s\n", ns, source_of_malloc());
	return 0;
}
