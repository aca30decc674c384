/* reader.h - one frame of a source in, what was read in it out; and what a command says meanwhile. */
#ifndef DIGITCAM_RENDER_COMMANDS_READER_H
#define DIGITCAM_RENDER_COMMANDS_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "capture/colour.h"
#include "capture/frame.h"
#include "capture/luma.h"
#include "capture/settle.h"
#include "capture/source.h"
#include "net/net.h"
#include "render/options.h"
#include "vision/recogniser.h"

#define READER_WAIT_MS 100 /* longest wait for a frame before the stop flag is looked at again */

/* What it takes to read frames. Destroy with reader_destroy, also when it was made only in part. */
struct reader {
    struct net *net;
    struct recogniser *recogniser;
    struct luma *luma;
    struct colour *colour;
    char name[256]; /* of the picture read last: another picture's digits are other digits */
    const char *hint; /* given last: the user hears each once */
    int64_t first_capture_ns;
    bool any_frame;
    struct settle settle; /* of a camera's exposure: what is read before is not worth saying */
};

/* Says what went wrong itself. */
int reader_create(struct reader *reader, const struct options *options);

void reader_destroy(struct reader *reader);

/* Why a frame could not be read, for the user: what luma knows of the picture, or what the error means. */
const char *reader_error_text(const struct reader *reader, int error);

/* A camera was opened, for the first time or again: says why in this mode, and waits for its exposure. */
void reader_opened(struct reader *reader, const struct source *source, bool again);

/* False while the camera still looks for its exposure. A frame that cannot be read is for reader_read to tell. */
bool reader_settled(struct reader *reader, const struct frame *frame);

/* Tells the user what the recogniser has to say about the picture as a whole, once. */
void reader_say_hint(struct reader *reader, const struct reading *reading);

/* Reads one frame. `live`: its times are a clock's, and count from the first frame. The reading is valid until the
 * next call. */
int reader_read(struct reader *reader, const struct frame *frame, bool live, struct reading *reading);

/* What the user asks of a source. */
struct source_options reader_source_options(const struct options *options);

int64_t reader_now_ns(void); /* CLOCK_MONOTONIC */

#endif
