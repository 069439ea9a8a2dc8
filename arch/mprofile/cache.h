/* SPDX-License-Identifier: MIT */
/* The caches of cores that have some: both on, by the board, once, before anything relies on them. What is
 * cached is said by the MPU's regions. */
#ifndef CACHE_H
#define CACHE_H

void mprofile_caches_on(void);

#endif
