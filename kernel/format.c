/* SPDX-License-Identifier: MIT */
/* A small printf into a buffer that may be too short: what does not fit is counted, not stored. */
#include "console.h"

#include <stdbool.h>
#include <stdint.h>

/* The longest number with its prefix; zeros fill a field up to that. */
#define NUMBER_NBYTES 24

struct output {
	char *to;
	size_t nbytes; /* of the buffer */
	size_t length; /* of the text so far */
};

/* One conversion: %[-][0][width][.precision][l|z]letter */
struct conversion {
	bool left, zero, precise, wide;
	size_t width, precision;
	char letter;
};

static void put(struct output *out, char c)
{
	if (out->length + 1 < out->nbytes)
		out->to[out->length] = c;
	out->length++;
}

static void put_repeated(struct output *out, char c, size_t n)
{
	while (n-- > 0)
		put(out, c);
}

/* Text in a field of the conversion's width. */
static void put_field(struct output *out, const struct conversion *conversion, const char *text,
		      size_t length)
{
	size_t fill = conversion->width > length ? conversion->width - length : 0;

	if (!conversion->left)
		put_repeated(out, ' ', fill);
	for (size_t i = 0; i < length; i++)
		put(out, text[i]);
	if (conversion->left)
		put_repeated(out, ' ', fill);
}

static void put_number(struct output *out, const struct conversion *conversion, const char *prefix,
		       unsigned long value, unsigned base)
{
	bool zeros = conversion->zero && !conversion->left;
	char digits[NUMBER_NBYTES];
	size_t at = sizeof(digits);
	size_t nprefix = 0;

	while (prefix[nprefix] != '\0')
		nprefix++;
	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (zeros && at > nprefix && sizeof(digits) - at + nprefix < conversion->width)
		digits[--at] = '0';
	while (nprefix > 0)
		digits[--at] = prefix[--nprefix];
	put_field(out, conversion, digits + at, sizeof(digits) - at);
}

static void put_string(struct output *out, const struct conversion *conversion, const char *text)
{
	size_t length = 0;

	if (!text)
		text = "(null)";
	while ((!conversion->precise || length < conversion->precision) && text[length] != '\0')
		length++;
	put_field(out, conversion, text, length);
}

static size_t read_number(const char **format)
{
	size_t n = 0;

	while (**format >= '0' && **format <= '9')
		n = n * 10 + (size_t)(*(*format)++ - '0');
	return n;
}

static struct conversion read_conversion(const char **format)
{
	struct conversion conversion = {.left = false};

	for (; **format == '-' || **format == '0'; (*format)++) {
		conversion.left |= **format == '-';
		conversion.zero |= **format == '0';
	}
	conversion.width = read_number(format);
	if (**format == '.') {
		(*format)++;
		conversion.precise = true;
		conversion.precision = read_number(format);
	}
	for (; **format == 'l' || **format == 'z'; (*format)++)
		conversion.wide = true;
	conversion.letter = **format;
	if (**format != '\0')
		(*format)++;
	return conversion;
}

static void put_signed(struct output *out, const struct conversion *conversion, long value)
{
	unsigned long magnitude = value < 0 ? 0 - (unsigned long)value : (unsigned long)value;

	put_number(out, conversion, value < 0 ? "-" : "", magnitude, 10);
}

size_t console_vformat(char *buffer, size_t nbytes, const char *format, va_list args)
{
	struct output out = {.to = buffer, .nbytes = nbytes};

	while (*format != '\0') {
		struct conversion conversion;
		char c = *format++;

		if (c != '%') {
			put(&out, c);
			continue;
		}
		conversion = read_conversion(&format);
		switch (conversion.letter) {
		case 's': put_string(&out, &conversion, va_arg(args, const char *)); break;
		case 'c':
			c = (char)va_arg(args, int);
			put_field(&out, &conversion, &c, 1);
			break;
		case 'd':
			put_signed(&out, &conversion,
				   conversion.wide ? va_arg(args, long) : va_arg(args, int));
			break;
		case 'u':
		case 'x':
			put_number(&out, &conversion, "",
				   conversion.wide ? va_arg(args, unsigned long) : va_arg(args, unsigned),
				   conversion.letter == 'x' ? 16 : 10);
			break;
		case 'p': put_number(&out, &conversion, "0x", (uintptr_t)va_arg(args, void *), 16); break;
		default: put(&out, conversion.letter == '\0' ? '%' : conversion.letter); break;
		}
	}
	buffer[out.length < nbytes ? out.length : nbytes - 1] = '\0';
	return out.length;
}

size_t console_format(char *buffer, size_t nbytes, const char *format, ...)
{
	va_list args;
	size_t length;

	va_start(args, format);
	length = console_vformat(buffer, nbytes, format, args);
	va_end(args);
	return length;
}
