/* SPDX-License-Identifier: MIT */
/* Part 3: exhaustion is an ordinary answer. One task takes heap blocks, page frames and objects of all
 * sizes, in turn, and makes its wishes smaller each time it is refused, until the smallest of each kind is
 * refused. Then it gives all back, and the totals are as before. */
#include "cairn.h"
#include "console.h"
#include "demo.h"

/* The first wishes, where a quarter of the memory is not less; the smallest are a link, a frame, an object. */
#define HEAP_MAX_LOG2   17u
#define PAGES_MAX_ORDER 5u

#define GLUTTON_PRIORITY     3u
#define GLUTTON_STACK_NBYTES TASK_STACK_NBYTES

/* At the start of everything taken: a list of all of a kind, and proof that nobody else was given the same
 * memory. */
struct link {
	struct link *next;
	uintptr_t self;
};

struct hoard {
	struct link *first;
	size_t ntaken;
	unsigned wish; /* heap: log2 of the bytes; pages: an order */
	bool refused;  /* even the smallest */
};

/* Borrowed while this part lasts: the report is the main task's, after the end of this one. */
static struct glutton {
	struct cairn_cache cache;
	struct hoard heap, pages, objects;
	struct cairn_totals before, full, after;
} * glutton;

static void keep(struct hoard *hoard, void *memory)
{
	struct link *link = memory;

	link->next = hoard->first;
	link->self = (uintptr_t)link;
	hoard->first = link;
	hoard->ntaken++;
}

/* Refused: wish for half as much from now on, or for nothing. */
static void settle_for_less(struct hoard *hoard)
{
	if (hoard->wish > 0)
		hoard->wish--;
	else
		hoard->refused = true;
}

static void take_block(uint32_t random)
{
	struct hoard *hoard = &glutton->heap;
	uint32_t mask = ((uint32_t)1 << hoard->wish) - 1;
	void *memory = cairn_alloc(sizeof(struct link) + (random & mask));

	if (memory != NULL)
		keep(hoard, memory);
	else
		settle_for_less(hoard);
}

static void take_pages(uint32_t random)
{
	struct hoard *hoard = &glutton->pages;
	void *memory = cairn_pages_alloc(random % (hoard->wish + 1), CAIRN_ANY_ZONE);

	if (memory != NULL)
		keep(hoard, memory);
	else
		settle_for_less(hoard);
}

static void take_object(void)
{
	struct hoard *hoard = &glutton->objects;
	void *memory = cairn_cache_alloc(&glutton->cache);

	if (memory != NULL)
		keep(hoard, memory);
	else
		hoard->refused = true;
}

/* Until all three are refused in their smallest sizes. */
static void take_everything(void)
{
	uint32_t random = 1;

	glutton->heap.wish =
		cairn_highest_bit((glutton->before.nframes_of[CAIRN_FREE] << CAIRN_FRAME_SHIFT) / 4);
	if (glutton->heap.wish > HEAP_MAX_LOG2)
		glutton->heap.wish = HEAP_MAX_LOG2;
	glutton->pages.wish = PAGES_MAX_ORDER;
	while (!glutton->heap.refused || !glutton->pages.refused || !glutton->objects.refused) {
		if (!glutton->heap.refused)
			take_block(next_random(&random));
		if (!glutton->pages.refused)
			take_pages(next_random(&random));
		if (!glutton->objects.refused)
			take_object();
	}
}

/* Take the newest off the list; its proof must stand. */
static void *let_go(struct hoard *hoard)
{
	struct link *link = hoard->first;

	EXPECT(link->self == (uintptr_t)link, "what was taken has one owner");
	hoard->first = link->next;
	return link;
}

static void give_all_back(void)
{
	while (glutton->heap.first != NULL)
		EXPECT(cairn_free(let_go(&glutton->heap)) == CAIRN_OK, "a heap block goes back");
	while (glutton->pages.first != NULL)
		EXPECT(cairn_pages_free(let_go(&glutton->pages)) == CAIRN_OK, "page frames go back");
	while (glutton->objects.first != NULL)
		EXPECT(cairn_cache_free(&glutton->cache, let_go(&glutton->objects)) == CAIRN_OK,
		       "an object goes back");
}

static void take_and_give(void *arg)
{
	(void)arg;
	settled_totals(&glutton->before);
	take_everything();
	cairn_totals(&glutton->full);
	expect_sound("with all memory taken");
	give_all_back();
	settled_totals(&glutton->after);
	task_exit(0);
}

static void print_totals(void)
{
	console_print("   frames           before    exhausted        after\n");
	for (unsigned owner = 0; owner < CAIRN_NOWNERS; owner++)
		console_print("   %-10s %12zu %12zu %12zu\n", owner_names[owner],
			      glutton->before.nframes_of[owner], glutton->full.nframes_of[owner],
			      glutton->after.nframes_of[owner]);
	console_print("   %-10s %12zu %12zu %12zu\n", "all", glutton->before.nframes, glutton->full.nframes,
		      glutton->after.nframes);
}

void exhaust_memory(void)
{
	static const struct cairn_cache_spec cache_spec = {.name = "hoarded", .nbytes = 48};
	static const struct task_spec task_spec = {.name = "glutton",
						   .entry = take_and_give,
						   .priority = GLUTTON_PRIORITY,
						   .stack_nbytes = GLUTTON_STACK_NBYTES};
	task_id id;

	print_heading("3. Exhaustion: one task takes memory until nothing is left, and gives it back");
	glutton = borrow(sizeof(*glutton));
	EXPECT(cairn_cache_create(&glutton->cache, &cache_spec) == CAIRN_OK, "a cache is created");
	EXPECT(task_create(&task_spec, &id) == KERNEL_OK, "the task is created");
	EXPECT(task_join(id, NULL, WAIT_FOREVER) == KERNEL_OK, "the task ends as it should");
	console_print("   Refused after %zu heap blocks, %zu page blocks, %zu objects; all given back.\n\n",
		      glutton->heap.ntaken, glutton->pages.ntaken, glutton->objects.ntaken);
	print_totals();
	EXPECT(glutton->full.nframes_of[CAIRN_FREE] == 0, "no frame was free when memory was exhausted");
	EXPECT(totals_equal(&glutton->before, &glutton->after),
	       "after the exhaustion the totals are as before");
	EXPECT(cairn_cache_destroy(&glutton->cache) == CAIRN_OK, "a cache without live objects is destroyed");
	give_back(glutton);
	expect_sound("after the exhaustion");
	console_print("\n   Nothing was lost: the totals are as before.\n");
}
