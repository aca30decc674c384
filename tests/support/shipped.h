/* shipped.h - a recogniser with the shipped network, for the tests that read pictures: run them from the root of the
 * repository. Include it after cmocka.h, and give the two functions to cmocka_run_group_tests. */
#ifndef DIGITCAM_TESTS_SUPPORT_SHIPPED_H
#define DIGITCAM_TESTS_SUPPORT_SHIPPED_H

#include "net/net.h"
#include "vision/recogniser.h"

static struct net *net;
static struct recogniser *recogniser;

/* A gray picture whose rows are `stride_px` apart, as a frame. It borrows the pixels. */
static inline struct frame gray_frame(uint8_t *pixels, int width_px, int height_px, int stride_px)
{
    return (struct frame){.fourcc = FRAME_GREY,
                          .width_px = width_px,
                          .height_px = height_px,
                          .data = pixels,
                          .size_bytes = (size_t)stride_px * (size_t)height_px,
                          .stride_bytes = stride_px,
                          .orientation = 1,
                          .name = "test"};
}

static int set_up(void **state)
{
    (void)state;
    char why[NET_WHY_BYTES];
    if (net_load(&net, "weights/digits.safetensors", NULL, why, sizeof why) != 0) {
        print_error("%s\n", why);
        return -1;
    }
    return recogniser_create(&recogniser, net);
}

static int tear_down(void **state)
{
    (void)state;
    recogniser_destroy(recogniser);
    net_destroy(net);
    return 0;
}

#endif
