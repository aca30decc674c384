/* Digits that are letters of a word are told from those of numbers by what stands in a row with them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vision/words.h"

#define W 24 /* of a letter, and of a digit */
#define H 40

static struct candidate found[CANDIDATES_MOST];
static struct sighting seen[CANDIDATES_MOST];
static struct word words[CANDIDATES_MOST];
static int count;

static int start(void **state)
{
    (void)state;
    count = 0;
    return 0;
}

/* A string from (x, y) on: digits are read as such, letters as none. Returns the index of the first. */
static int put(const char *string, int x, int y)
{
    const int first = count, length = (int)strlen(string);
    for (int i = 0; i < length; i++) {
        const struct box box = {x + i * (W + 4), y, W, H};
        const bool digit = string[i] >= '0' && string[i] <= '9';
        found[count] = (struct candidate){.box = box, .ink_left = i > 0, .ink_right = i + 1 < length};
        seen[count] = (struct sighting){.box = box, .digit = digit ? string[i] - '0' : 0};
        seen[count].scores[seen[count].digit] = seen[count].confidence = digit ? 0.99f : 0.02f;
        count++;
    }
    return first;
}

/* Which characters of a string stand in a word, where `lines` lines of letters stand above it. */
static const char *letters_of(const char *string, int lines, const char *line)
{
    static char shown[32];
    start(NULL);
    for (int i = 0; i < lines; i++)
        put(line, 10, 100 + 60 * i);
    const int first = put(string, 10, 700);
    words_find(found, seen, count, NULL, words);
    for (size_t i = 0; i < strlen(string); i++)
        shown[i] = words[first + (int)i].in_word ? string[i] : '.';
    shown[strlen(string)] = '\0';
    return shown;
}

static void in_a_text_doubles_of_letters_are_letters(void **state)
{
    (void)state;
    assert_string_equal(letters_of("f0x", 3, "quick br"), ".0.");
    assert_string_equal(letters_of("t00", 3, "quick br"), ".00"); /* by way of the one between */
    assert_string_equal(letters_of("h0u5e", 3, "quick br"), ".0.5.");
    assert_string_equal(letters_of("05", 3, "quick br"), ".."); /* nothing but digits */
    assert_string_equal(letters_of("0", 3, "quick br"), ".");
}

static void numbers_in_a_text_stay(void **state)
{
    (void)state;
    assert_string_equal(letters_of("1700km", 3, "quick br"), "......"); /* hardly a letter looks like a 7 */
    assert_string_equal(letters_of("15cm", 3, "quick br"), "15..");     /* what is lost: who could tell? */
}

static void on_a_page_of_numbers_units_and_names_are_allowed(void **state)
{
    (void)state;
    assert_string_equal(letters_of("15cm", 0, ""), "....");
    assert_string_equal(letters_of("15cm", 1, "length"), "....");
    assert_string_equal(letters_of("15cm", 3, "a=347"), "....");
}

/* Where a text holds numbers, the letters of its words are letters all the same, unless numbers are more than words. */
static void letters_beside_numbers_are_letters(void **state)
{
    (void)state;
    assert_string_equal(letters_of("f0x", 6, "3 quick br"), ".0.");
    assert_string_equal(letters_of("347", 6, "3 quick br"), "...");
    assert_string_equal(letters_of("f0x", 6, "347347 ab"), "...");
    assert_string_equal(letters_of("f0x", 6, "5+3=8 6+"), "..."); /* operators are no letters */
}

/* The boxes of a form stand in rows, too. */
static void boxes_round_digits_are_no_letters(void **state)
{
    (void)state;
    assert_string_equal(letters_of("f0x", 3, "quick br"), ".0.");
    for (int i = 0; i < 24; i++) {
        const struct box box = found[i].box;
        found[count] = (struct candidate){.box = {box.x + 4, box.y + 6, box.w - 8, box.h - 12}};
        seen[count] = (struct sighting){.box = found[count].box, .digit = 6, .confidence = 0.99f};
        count++;
    }
    words_find(found, seen, count, NULL, words);
    assert_false(words[25].in_word);
}

/* What is far paler than a digit makes no text of its page. */
static void pale_shapes_are_no_letters(void **state)
{
    (void)state;
    for (int pale = 0; pale < 2; pale++) {
        assert_string_equal(letters_of("f0x", 3, "quick br"), ".0.");
        for (int i = 0; i < count; i++)
            found[i].contrast = pale && i < 24 ? 30 : 100;
        words_find(found, seen, count, NULL, words);
        assert_int_equal(words[25].in_word, !pale);
    }
}

/* A 4 that the network is not quite sure of is a Y. */
static void a_rare_digit_must_be_sure(void **state)
{
    (void)state;
    assert_string_equal(letters_of("n0b0d4", 3, "quick br"), ".0.0..");
    seen[count - 1].confidence = 0.96f;
    words_find(found, seen, count, NULL, words);
    assert_true(words[count - 1].in_word && words[count - 3].in_word && words[count - 5].in_word);
}

/* O and l are as high as capitals, s and o are not: digits are of one height. */
static void strings_of_uneven_height_are_words(void **state)
{
    (void)state;
    assert_string_equal(letters_of("0510", 3, "quick br"), "....");
    const int first = count - 4;
    found[first + 1].box = seen[first + 1].box = (struct box){found[first + 1].box.x, 700 + H - 28, W, 28};
    words_find(found, seen, count, NULL, words);
    for (int i = 0; i < 4; i++)
        assert_true(words[first + i].in_word);
    found[first + 1].box = seen[first + 1].box = (struct box){found[first + 1].box.x, 700 + H - 35, W, 35};
    found[first + 2].box = seen[first + 2].box = (struct box){found[first + 2].box.x, 700, W, 56}; /* a 1 may be higher */
    words_find(found, seen, count, NULL, words);
    for (int i = 0; i < 4; i++)
        assert_false(words[first + i].in_word);
}

/* T and L have so little ink beside their neighbours that it is overlooked. */
static void a_letter_close_by_is_seen_without_its_ink(void **state)
{
    (void)state;
    letters_of("t0", 3, "quick br");
    found[count - 1].ink_left = false;
    words_find(found, seen, count, NULL, words);
    assert_true(words[count - 1].in_word);
    found[count - 1].box.x = seen[count - 1].box.x += H * 3 / 10; /* the space between words */
    words_find(found, seen, count, NULL, words);
    assert_false(words[count - 1].in_word);
}

static void digits_of_a_string_are_counted(void **state)
{
    (void)state;
    const int number = put("255", 10, 100), unit = put("25k", 10, 200), alone = put("5", 10, 300);
    found[count] = found[number + 1]; /* seen twice */
    seen[count++] = seen[number + 1];
    words_find(found, seen, count, NULL, words);
    for (int i = 0; i < 3; i++)
        assert_int_equal(words[number + i].digits, 3);
    assert_int_equal(words[unit].digits, 1);
    assert_int_equal(words[alone].digits, 1);
    assert_int_equal(words[unit + 2].digits, 1); /* no digit at all */
}

static void letters_of_another_size_say_nothing(void **state)
{
    (void)state;
    assert_string_equal(letters_of("15cm", 3, "quick br"), "15..");
    for (int i = 0; i < count - 4; i++)
        found[i].box.h = seen[i].box.h = H / 3;
    words_find(found, seen, count, NULL, words);
    assert_false(words[count - 4].in_word || words[count - 3].in_word);
}

static void strangers_are_counted_on_both_sides(void **state)
{
    (void)state;
    const int first = put("a5b 57", 10, 100);
    assert_int_equal(words_strangers(&found[first + 1], seen, count, NULL), 2);
    found[first + 3].ink_left = found[first + 3].ink_right = found[first + 4].ink_left = false;
    assert_int_equal(words_strangers(&found[first + 4], seen, count, NULL), 0);
    assert_int_equal(words_strangers(&found[first + 5], seen, count, NULL), 0);
    seen[first + 4].confidence = 0.4f;
    assert_int_equal(words_strangers(&found[first + 5], seen, count, NULL), 1);
    start(NULL);
    put("171", 10, 100);
    assert_true(words_between_digits(found, seen, count, 1));
    assert_false(words_between_digits(found, seen, count, 0) || words_between_digits(found, seen, count, 2));
    start(NULL);
    put("1", 10, 100), put("t", 10 + W + H - 1, 100), put("1", 500, 100), put("t", 500 + W + H, 100);
    assert_int_equal(words_letters_near(found[0].box, 1, 0.75f, seen, count, NULL), 1);
    assert_int_equal(words_letters_near(found[2].box, 1, 0.75f, seen, count, NULL), 0);
    seen[1].box.h = H * 2 / 3; /* an operator, or an a */
    assert_int_equal(words_letters_near(found[0].box, 1, 0.62f, seen, count, NULL), 1);
    assert_int_equal(words_letters_near(found[0].box, 1, 0.75f, seen, count, NULL), 0);
    assert_true(words_level((struct box){0, 0, 10, 40}, (struct box){20, 10, 10, 40}));
    assert_false(words_level((struct box){0, 0, 10, 40}, (struct box){20, 30, 10, 40}));
    assert_false(words_level((struct box){0, 0, 10, 40}, (struct box){20, 10, 10, 20}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(in_a_text_doubles_of_letters_are_letters, start),
        cmocka_unit_test_setup(numbers_in_a_text_stay, start),
        cmocka_unit_test_setup(on_a_page_of_numbers_units_and_names_are_allowed, start),
        cmocka_unit_test_setup(letters_beside_numbers_are_letters, start),
        cmocka_unit_test_setup(boxes_round_digits_are_no_letters, start),
        cmocka_unit_test_setup(pale_shapes_are_no_letters, start),
        cmocka_unit_test_setup(a_rare_digit_must_be_sure, start),
        cmocka_unit_test_setup(strings_of_uneven_height_are_words, start),
        cmocka_unit_test_setup(a_letter_close_by_is_seen_without_its_ink, start),
        cmocka_unit_test_setup(digits_of_a_string_are_counted, start),
        cmocka_unit_test_setup(letters_of_another_size_say_nothing, start),
        cmocka_unit_test_setup(strangers_are_counted_on_both_sides, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
