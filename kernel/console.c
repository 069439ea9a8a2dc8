/* SPDX-License-Identifier: MIT */
/* Whole lines from any context, without ever waiting, and with interrupts masked for one character at
 * most. A line is formatted, unlocked, in one of a few buffers, and then queued. Whoever queued one sends
 * what is queued, oldest first, character by character; who interrupts it goes on where it was. So nobody
 * owns the console, and no task can die holding it: a writer that dies while it formats only leaves a
 * buffer behind, which console_forget takes back. When all buffers are in use a line is lost, and the next
 * one says so. What a fault prints is not lost: it has a buffer of its own, which is free again when the
 * fault has been dealt with. */
#include "console.h"

#include <stdbool.h>

#define LOST_NBYTES 24

enum line_state { LINE_FREE = 0, LINE_FORMATTING, LINE_QUEUED };

struct line {
	struct line *next;
	const void *writer;
	enum line_state state;
	size_t length, nsent;
	char text[CONSOLE_LINE_NBYTES];
};

static struct {
	struct line lines[CONSOLE_LINES];
	struct line fault_line; /* never in the free list */
	struct line *free;
	struct line *first, *last; /* queued */
	unsigned nlost, ntold;     /* lines lost, and how many of them the console has told of */
} console;

static arch_key mask_interrupts(void)
{
	return arch_irq_save();
}

static void unmask_interrupts(arch_key key)
{
	arch_irq_restore(key);
}

static const void *nobody(void)
{
	return NULL;
}

static bool no_fault(void)
{
	return false;
}

static struct console_system attached = {mask_interrupts, unmask_interrupts, nobody, no_fault};

/* Locked. */
static void line_free(struct line *line)
{
	line->state = LINE_FREE;
	if (line == &console.fault_line)
		return;
	line->next = console.free;
	console.free = line;
}

/* A free line or NULL. Locked. */
static struct line *line_find(void)
{
	struct line *line = console.free;

	if (line)
		console.free = line->next;
	else if (attached.in_fault() && console.fault_line.state == LINE_FREE)
		line = &console.fault_line;
	return line;
}

void console_init(void)
{
	console.first = NULL;
	console.free = NULL;
	for (size_t i = 0; i < CONSOLE_LINES; i++)
		line_free(&console.lines[i]);
}

void console_attach(const struct console_system *system)
{
	attached = *system;
}

static struct line *line_take(void)
{
	arch_key key = attached.lock();
	struct line *line = line_find();

	if (line) {
		line->state = LINE_FORMATTING;
		line->writer = attached.writer();
	} else {
		console.nlost++;
	}
	attached.unlock(key);
	return line;
}

static void line_queue(struct line *line)
{
	arch_key key = attached.lock();

	line->state = LINE_QUEUED;
	line->next = NULL;
	line->nsent = 0;
	if (console.first)
		console.last->next = line;
	else
		console.first = line;
	console.last = line;
	attached.unlock(key);
}

/* Send the next character: false when nothing is queued. */
static bool send_one(void)
{
	arch_key key = attached.lock();
	struct line *line = console.first;

	if (line) {
		if (line->nsent < line->length)
			arch_console_write(&line->text[line->nsent++], 1);
		if (line->nsent >= line->length) {
			console.first = line->next;
			line_free(line);
		}
	}
	attached.unlock(key);
	return line != NULL;
}

static unsigned lost_since_last(void)
{
	arch_key key = attached.lock();
	unsigned nlost = console.nlost - console.ntold;

	console.ntold = console.nlost;
	attached.unlock(key);
	return nlost;
}

unsigned console_nlost(void)
{
	return console.nlost;
}

/* A text that was cut off still ends its line. */
static void line_format(struct line *line, const char *format, va_list args)
{
	unsigned nlost = lost_since_last();
	size_t at = 0;

	if (nlost)
		at = console_format(line->text, LOST_NBYTES, "(%u lines lost)\n", nlost);
	line->length = at + console_vformat(line->text + at, CONSOLE_LINE_NBYTES - at, format, args);
	if (line->length >= CONSOLE_LINE_NBYTES) {
		line->length = CONSOLE_LINE_NBYTES;
		line->text[CONSOLE_LINE_NBYTES - 1] = '\n';
	}
}

static void console_vprint(const char *format, va_list args)
{
	struct line *line = line_take();

	if (!line)
		return;
	line_format(line, format, args);
	line_queue(line);
	while (send_one())
		;
}

void console_print(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	console_vprint(format, args);
	va_end(args);
}

void console_forget(const void *writer)
{
	arch_key key;

	for (size_t i = 0; i < CONSOLE_LINES; i++) {
		struct line *line = &console.lines[i];

		key = attached.lock();
		if (line->state == LINE_FORMATTING && line->writer == writer)
			line_free(line);
		attached.unlock(key);
	}
	while (send_one())
		;
}

/* In a buffer that nobody will need any more. */
static void vprint_now(const char *format, va_list args)
{
	char *text = console.fault_line.text;
	size_t length = console_vformat(text, CONSOLE_LINE_NBYTES, format, args);

	arch_console_write(text, length < CONSOLE_LINE_NBYTES ? length : CONSOLE_LINE_NBYTES - 1);
}

void console_print_now(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprint_now(format, args);
	va_end(args);
}

_Noreturn void panic(const char *format, ...)
{
	va_list args;

	arch_irq_save();
	while (send_one())
		;
	console_print_now("PANIC ");
	va_start(args, format);
	vprint_now(format, args);
	va_end(args);
	console_print_now("\n");
	arch_exit(1);
}
