/* SPDX-License-Identifier: MIT */
/* The memory map that the MPU enforces, and the two limits of a running stack.
 * PSPLIM and MSPLIM stop whatever moves the stack pointer below a stack, by however much, before it moves. They
 * watch nothing else: an ordinary store goes anywhere. So the arena of task stacks is closed for writing but for
 * the running stack. Regions must not overlap, so that takes two closed ones with the stack between them:
 *   0-3  the board's code, RAM and peripherals; of the RAM that holds the arena, what lies below it
 *   4    the arena below the running stack, closed
 *   5    the running stack
 *   6    the arena above it, closed; of the topmost stack no address
 *   7    what lies above the arena
 * A switch rewrites 4 to 6 between two of their bounds, which never change: the arena's. There is one arena, for
 * each further one would take two regions for itself and one for what it cuts off.
 * Default deny: an access outside all regions faults. Below the handler stack, the lowest of the image in its
 * bank, there is no memory.
 * Nothing here depends on the security extension: the processor comes out of reset Secure, and SAU and MPU_NS
 * stay off, so all memory is Secure too. */
#include "mpu.h"

#include "mprofile.h"

/* RNR selects region 4n + k of four neighbours, which RBAR to RLAR_A3 are. */
struct mpu {
	uint32_t TYPE, CTRL, RNR, RBAR, RLAR, RBAR_A1, RLAR_A1, RBAR_A2, RLAR_A2, RBAR_A3, RLAR_A3, reserved;
	uint32_t MAIR0, MAIR1;
};
_Static_assert(offsetof(struct mpu, MAIR1) == 0x34, "MPU registers, B10.1");
#define MPU ((volatile struct mpu *)0xe000ed90u)

/* HFNMIENA stays 0: HardFault sees all memory, for its report. */
#define CTRL_ENABLE 1u

#define REGION_BELOW  4u /* to REGION_BEYOND: four neighbours */
#define REGION_STACK  5u
#define REGION_ABOVE  6u
#define REGION_BEYOND 7u

/* The bounds that a switch sets follow from a stack's two words. */
#define BELOW_RLAR(rbar) ((rbar)-MPU_GRANULE_NBYTES + RLAR_MEMORY - RBAR_RAM)
#define ABOVE_RBAR(rlar) ((rlar) + MPU_GRANULE_NBYTES + RBAR_CLOSED - RLAR_MEMORY)
_Static_assert(BELOW_RLAR(64u) == 64u - 32u && ABOVE_RBAR(64u) == 64u + 36u, "known to switch.S");

/* The lowest granule of an arena stays closed: what runs down from the lowest stack meets it. */
#define CLOSED_NBYTES    MPU_GRANULE_NBYTES
#define STACK_MIN_NBYTES 256u

static struct {
	uintptr_t base;
	size_t nbytes; /* 0: there is none yet */
} arena;

static void set_region(uint32_t number, uint32_t rbar, uint32_t rlar)
{
	MPU->RNR = number;
	MPU->RBAR = rbar;
	MPU->RLAR = rlar;
}

/* Regions may change, and be accessed past the MPU meanwhile. */
static void turn_off(void)
{
	barrier();
	MPU->CTRL = 0;
}

/* RNR stays at the four that a switch writes. */
static void turn_on(void)
{
	MPU->RNR = REGION_BELOW;
	MPU->CTRL = CTRL_ENABLE;
	barrier();
}

void mprofile_protection_init(void)
{
	__asm__ volatile("msr msplim, %0" : : "r"(handler_stack_limit) : "memory");
	MPU->MAIR0 = MAIR0_ALL;
	for (uint32_t i = 0; i < MPU_NREGIONS; i++)
		set_region(i, 0, 0);
	for (uint32_t i = 0; i < board_nregions; i++)
		set_region(i, board_regions[i].rbar, board_regions[i].rlar);
	turn_on();
}

void mprofile_guard_open(const uintptr_t guard[2])
{
	__asm__ volatile("msr psplim, %0" : : "r"(guard[0] & RBAR_ADDRESS) : "memory");
	MPU->RLAR = BELOW_RLAR(guard[0]);
	MPU->RBAR_A1 = guard[0];
	MPU->RLAR_A1 = guard[1];
	MPU->RBAR_A2 = ABOVE_RBAR(guard[1]);
	barrier();
}

void arch_guard_geometry(struct arch_guard_geometry *geometry)
{
	*geometry = (struct arch_guard_geometry){
		.kind = ARCH_GUARD_LIMIT,
		.granule_nbytes = MPU_GRANULE_NBYTES,
		.min_nbytes = STACK_MIN_NBYTES,
		.closed_nbytes = CLOSED_NBYTES,
		.arena_nbytes = board_arena_nbytes,
	};
}

static bool is_granular(uintptr_t base, size_t nbytes)
{
	return ((base | nbytes) & ~RBAR_ADDRESS) == 0 && nbytes != 0;
}

/* The region of RAM that holds all of it; board_nregions: there is none. */
static uint32_t bank_of(uintptr_t base, size_t nbytes)
{
	uint32_t i = 0;

	for (; i < board_nregions; i++) {
		uint32_t rbar = board_regions[i].rbar, rlar = board_regions[i].rlar;

		if ((rbar & ~RBAR_ADDRESS) == RBAR_RAM && (rlar & ~RBAR_ADDRESS) == RLAR_MEMORY &&
		    base >= (rbar & RBAR_ADDRESS) && base + (nbytes - 1) <= (rlar | ~RBAR_ADDRESS))
			break;
	}
	return i;
}

/* Below and above the arena its bank stays open. No stack is: region 4 closes the arena whole. */
static void cut_out_of(uint32_t bank, uintptr_t base, uintptr_t end)
{
	set_region(bank, board_regions[bank].rbar, RLAR_LIMIT(base) | RLAR_MEMORY);
	set_region(REGION_BELOW, base | RBAR_CLOSED, RLAR_LIMIT(end) | RLAR_MEMORY);
	set_region(REGION_ABOVE, end | RBAR_CLOSED, RLAR_LIMIT(end) | RLAR_MEMORY);
	set_region(REGION_BEYOND, end | RBAR_RAM, board_regions[bank].rlar);
}

bool arch_arena_close(uintptr_t base, size_t nbytes)
{
	uint32_t bank = is_granular(base, nbytes) ? bank_of(base, nbytes) : board_nregions;
	arch_key key = arch_irq_save();
	bool can = arena.nbytes == 0 && bank < board_nregions;

	if (can) {
		arena.base = base;
		arena.nbytes = nbytes;
		turn_off();
		cut_out_of(bank, base, base + nbytes);
		turn_on();
	}
	arch_irq_restore(key);
	return can;
}

bool arch_stack_map(uintptr_t base, size_t nbytes, uintptr_t physical, uintptr_t guard[2])
{
	size_t offset = base - arena.base;

	(void)physical;
	if (!is_granular(base, nbytes) || nbytes < STACK_MIN_NBYTES || offset >= arena.nbytes ||
	    nbytes > arena.nbytes - offset)
		return false;
	guard[0] = base | RBAR_RAM;
	guard[1] = RLAR_LIMIT(base + nbytes) | RLAR_MEMORY;
	return true;
}

/* The arena is closed as a whole; only the words are forgotten. */
void arch_stack_unmap(uintptr_t base, size_t nbytes, uintptr_t physical)
{
	(void)base;
	(void)nbytes;
	(void)physical;
}
