/* SPDX-License-Identifier: MIT */
/* The tests of mm/ as a program: `unit`, or `unit heap` for the groups whose name contains "heap". */
#include <stdio.h>

#include "support.h"

int main(int argc, char **argv)
{
	int nfailed;

	/* A crash must not take the lines with it that say how far it went. */
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	if (argc > 2) {
		fprintf(stderr, "usage: %s [part of a group's name]\n", argv[0]);
		return 2;
	}
	nfailed = support_run_groups(argc > 1 ? argv[1] : NULL);
	if (nfailed < 0)
		fprintf(stderr, "%s: no group has '%s' in its name\n", argv[0], argv[1]);
	return nfailed != 0;
}
