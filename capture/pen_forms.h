/* pen_forms.h - how each sign is written, as tables. Only for capture/pen.c.
 *
 * A form is a line of points "x,y" in hundredths of the digit height, in the order the pen passes them; the curve runs
 * smoothly through all of them. "!" after a point makes it a corner, "|" lifts the pen. */
#ifndef DIGITCAM_CAPTURE_PEN_FORMS_H
#define DIGITCAM_CAPTURE_PEN_FORMS_H

#define PEN_FORMS_MAX 12

struct pen_form {
    const char *name;
    const char *path;
    int weight; /* how often it is seen beside the other forms of the digit; 0: only where it is asked for */
};

struct pen_digit_table {
    int count;
    struct pen_form forms[PEN_FORMS_MAX];
};

struct pen_sign {
    const char *name;
    const char *path;
};

extern const struct pen_digit_table pen_digit_tables[10];
extern const struct pen_sign pen_letter_table[]; /* in the order of pen_letters */
extern const struct pen_sign pen_letter_variants[]; /* further forms of some of them */
extern const int pen_letter_variant_count;
extern const struct pen_sign pen_mark_table[];
extern const int pen_mark_table_count;

#endif
