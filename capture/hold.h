/* hold.h - the first frames of a source held in memory and played over and over, to and fro, so that nothing but the
 * reading of them is measured. */
#ifndef DIGITCAM_CAPTURE_HOLD_H
#define DIGITCAM_CAPTURE_HOLD_H

#include "capture/demo.h"
#include "capture/frame.h"
#include "capture/source.h"

struct hold; /* opaque; owns its frames */

/* Holds up to `most_frames` (1 or more) frames of the source `spec` names (source.h), or as many as it has; fewer where
 * they would take more than HOLD_MOST_BYTES. A camera is waited for. Errors and `why` as in source_open and source_next;
 * *hold is the caller's to destroy. */
int hold_source(struct hold **hold, const char *spec, const struct source_options *options, int most_frames, char *why,
                size_t why_bytes);

/* The same of a demo, whose truth is then known, as GREY frames. Errors as in demo_create_scene. */
int hold_demo(struct hold **hold, const struct demo_options *options, int most_frames);
void hold_destroy(struct hold *hold); /* NULL is fine */

#define HOLD_MOST_BYTES (256L * 1000 * 1000)

/* Frame `number` of the endless clip: 0, 1, ... last, last - 1, ... 1, 0, 1, ... It is numbered so and comes 1/30 s after
 * the one before. Valid as long as the hold. */
void hold_frame(const struct hold *hold, uint64_t number, struct frame *frame);

/* What is written in it; NULL where that is not known. */
const struct demo_truth *hold_truth(const struct hold *hold, uint64_t number);

int hold_count(const struct hold *hold); /* frames held, 1 or more */

#endif
