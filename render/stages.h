/* stages.h - each stage of reading a picture as a picture of its own, for looking at what went wrong.
 *
 * Into one folder: gray.png; mask-LEVEL-dark.png and mask-LEVEL-light.png (the ink of both polarities on each
 * level of the pyramid, where there is any); contours-... likewise (outer borders red, borders of holes
 * blue); regions.png (what was looked at, and why it was refused); crops.png (what the network saw, with its
 * best guess) and scores.png (its eleven answers to each, the last being "not a digit"). Of further pictures:
 * gray-2.png and so on. */
#ifndef DIGITCAM_RENDER_STAGES_H
#define DIGITCAM_RENDER_STAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "render/canvas.h"
#include "vision/reading.h"
#include "vision/watch.h"

struct stages;

/* Makes the folder where there is none. Returns 0, or a negative errno with one line for the user in `why`.
 */
int stages_create(struct stages **stages, const char *folder, char *why, size_t why_bytes);
void stages_destroy(struct stages *stages); /* NULL is fine */

/* Whether a file of this name, in that folder, may be one that is written. */
bool stages_writes(const char *name);

/* What the recogniser is to tell; valid as long as the stages. */
const struct watch *stages_watch(struct stages *stages);

/* Call before a picture is read, and after it. Save returns 0, or a negative errno of the first picture that
 * could not be written, with one line for the user in `why`. */
void stages_begin(struct stages *stages);
int stages_save(struct stages *stages, struct canvas *canvas, const struct reading *reading, char *why,
                size_t why_bytes);

#endif
