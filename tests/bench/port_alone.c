/* SPDX-License-Identifier: MIT */
/* mm/port.h where nobody else runs: nobody waits for memory, can be stopped on the way or owns anything. */
#include "../../mm/port.h"

void cairn_port_freed(void)
{
}

void cairn_port_pin(bool on)
{
	(void)on;
}

const void *cairn_port_owner(void)
{
	return NULL;
}
