/* SPDX-License-Identifier: MIT */
/* An address that no board's map gives to anybody; a board whose memory begins there says another. */
#ifndef NOBODY_H
#define NOBODY_H

#ifndef NOBODYS_ADDRESS
#define NOBODYS_ADDRESS 0x10u
#endif

#endif
