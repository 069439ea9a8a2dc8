/* SPDX-License-Identifier: MIT */
/* The console: whole lines, from any context, and a small printf.
 * Conversions: %s %c %d %u %x %p %zu %zx %lu %lx %% with width, '-', '0' and '.precision' for %s. No floating
 * point. */
#ifndef KERNEL_CONSOLE_H
#define KERNEL_CONSOLE_H

#include <stdarg.h>
#include <stddef.h>

#include "arch.h"

/* A call prints at most this much, its end included; the rest is cut off. The line of a fault takes 190. */
#ifndef CONSOLE_LINE_NBYTES
#define CONSOLE_LINE_NBYTES 256
#endif

/* Lines that can be in the making, or wait to be sent, at a time; a fault has one more. */
#ifndef CONSOLE_LINES
#define CONSOLE_LINES 8
#endif

void console_init(void);
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Into a buffer; always terminated; the length that the whole text has. nbytes > 0. */
size_t console_format(char *buffer, size_t nbytes, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
size_t console_vformat(char *buffer, size_t nbytes, const char *format, va_list args);

/* What a system with tasks tells the console; without it the console masks interrupts, and has one writer. */
struct console_system {
	arch_key (*lock)(void);
	void (*unlock)(arch_key key);
	const void *(*writer)(void); /* a token of who is running */
	bool (*in_fault)(void);      /* a fault is being dealt with: its line must not be lost */
};
void console_attach(const struct console_system *system);

/* Lines lost so far for want of a buffer; a fault's never are. */
unsigned console_nlost(void);

/* A writer is gone: what it was about to print is dropped. */
void console_forget(const void *writer);

/* Past all queues and buffers, at once: when the system may be broken, and nothing else runs any more. */
void console_print_now(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Print one line and end the machine with status 1. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
