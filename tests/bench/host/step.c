/* SPDX-License-Identifier: MIT */
#include "step.h"
#include <stdio.h>
#include <stdlib.h>

volatile sig_atomic_t step_ninstructions;

static void count(int signal_number)
{
	(void)signal_number;
	step_ninstructions++;
}

void step_init(void)
{
	struct sigaction action = {.sa_handler = count};

	if (sigaction(SIGTRAP, &action, NULL) != 0) {
		perror("sigaction");
		exit(1);
	}
}
