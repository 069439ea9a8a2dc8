/* SPDX-License-Identifier: MIT */
/* What the files of the facade (cairn*.c) share: the one instance, its lock, its reports. Nobody else
 * includes it. */
#ifndef CAIRN_SYSTEM_H
#define CAIRN_SYSTEM_H

#include "cairn.h"
#include "check.h"
#include "port.h"

struct cairn_system {
	struct cairn_heap heap; /* first, so that its address is the system's: it is used most */
	uint32_t nwatchers;     /* of frees; near what frees */
	struct cairn_frames frames;
	struct cairn_regions regions;
	struct cairn_slabs slabs;
	struct cairn_stacks stacks;
	bool ready;
};

extern struct cairn_system cairn_system;
extern const struct cairn_parts cairn_system_parts;

/* Where the public function returns to; to be evaluated in it. */
#define CAIRN_CALLER() __builtin_return_address(0)

static inline cairn_key cairn_enter(void)
{
	return cairn_port_lock();
}

/* At level 3 everything is checked before others may come in. */
void cairn_leave_checked(cairn_key key);

static inline void cairn_leave(cairn_key key)
{
	if (CAIRN_CHECK >= 3)
		cairn_leave_checked(key);
	else
		cairn_port_unlock(key);
}

/* Report a call that changed nothing; returns err. */
enum cairn_err cairn_refuse(enum cairn_err err, const char *operation, const void *addr, const char *name,
			    const void *caller);

/* No block of frames of order `below` was found, or of an unknown one (CAIRN_ORDERS): merge spares, one a lock,
 * until there is one, or no spare can be merged any more. true: ask again. */
bool cairn_merge_frames(unsigned below);

/* Memory came back: tell who waits for it. Unlocked. */
static inline void cairn_tell_watchers(void)
{
	if (cairn_system.nwatchers != 0)
		cairn_port_freed();
}

/* The end of every call that gives memory back: report err, or tell who waits for memory. Returns err. */
enum cairn_err cairn_freed(enum cairn_err err, const char *operation, const void *addr, const char *name,
			   const void *caller);

#endif
