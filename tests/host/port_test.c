/* SPDX-License-Identifier: MIT */
/* The window geometry of an ARMv7-M, with a lock that is only counted. */
#include "port_test.h"

struct port_test port_test;

static void expect(bool holds)
{
	if (!holds)
		port_test.misused = true;
}

cairn_key cairn_port_lock(void)
{
	port_test.nlocks++;
	return (cairn_key)port_test.depth++;
}

void cairn_port_unlock(cairn_key key)
{
	expect(port_test.depth > 0);
	port_test.depth--;
	expect(key == (cairn_key)port_test.depth);
}

void cairn_port_report(const struct cairn_report *report)
{
	expect(port_test.depth == 0);
	port_test.nreports++;
	port_test.last = *report;
}

void cairn_port_freed(void)
{
	expect(port_test.depth == 0);
	port_test.nfreed++;
}

void cairn_port_pin(bool on)
{
	expect(port_test.depth == 0);
	port_test.pins += on ? 1 : -1;
	expect(port_test.pins >= 0);
}

const void *cairn_port_owner(void)
{
	return port_test.owner;
}

size_t cairn_port_key(void)
{
	return (size_t)0x5bd1e995u;
}

void cairn_port_guard_geometry(struct cairn_guard_geometry *geometry)
{
	*geometry = (struct cairn_guard_geometry){
		.granule_nbytes = 64,
		.min_nbytes = 256,
		.parts = 8,
		.closed_nbytes = PORT_TEST_CLOSED_NBYTES,
		.arena_nbytes = PORT_TEST_ARENA_NBYTES,
	};
}

enum cairn_err cairn_port_arena_close(uintptr_t base, size_t nbytes)
{
	expect(port_test.depth == 0 && port_test.pins > 0);
	expect(nbytes == PORT_TEST_ARENA_NBYTES && (base & (nbytes - 1)) == 0);
	if (port_test.refuse_arena)
		return CAIRN_ETOOMANY;
	port_test.narenas++;
	return CAIRN_OK;
}

enum cairn_err cairn_port_stack_map(struct cairn_stack *stack)
{
	expect(port_test.depth == 1); /* a window is computed under the lock */
	if (port_test.refuse_map)
		return CAIRN_EINVAL;
	port_test.nmapped++;
	stack->guard[0] = stack->base;
	stack->guard[1] = stack->nbytes;
	return CAIRN_OK;
}

void cairn_port_stack_unmap(struct cairn_stack *stack)
{
	(void)stack;
	expect(false); /* windows only */
}
