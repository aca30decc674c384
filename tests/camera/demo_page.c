/* demo_page - saves frames of the demo's page for feeding them to a virtual camera, and says what is written on it.
 *
 *     demo_page jpeg|yuyv WIDTHxHEIGHT FRAMES FILE [DIGITS]
 *
 * FILE gets the frames one after the other: JPEG pictures (4:2:0) or raw YUYV. stdout gets the numbers on the page in
 * reading order, on one line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

#include "capture/demo.h"

struct page {
    struct demo *demo;
    int width_px, height_px;
    uint8_t *pixels; /* YU12 */
};

static int write_jpeg(const struct page *page, FILE *file)
{
    unsigned char *jpeg = NULL;
    unsigned long bytes = 0;
    const tjhandle encoder = tjInitCompress();
    const int failed = !encoder || tjCompressFromYUV(encoder, page->pixels, page->width_px, 1, page->height_px,
                                                     TJSAMP_420, &jpeg, &bytes, 90, 0) != 0 ||
                       fwrite(jpeg, 1, bytes, file) != bytes;
    tjFree(jpeg);
    if (encoder)
        tjDestroy(encoder);
    return failed ? -1 : 0;
}

static int write_yuyv(const struct page *page, FILE *file)
{
    const size_t width = (size_t)page->width_px, height = (size_t)page->height_px;
    const uint8_t *const u = page->pixels + width * height, *const v = u + width / 2 * (height / 2);
    for (size_t y = 0; y < height; y++) {
        for (size_t x = 0; x < width; x += 2) {
            const uint8_t *const luma = page->pixels + y * width + x;
            const size_t chroma = y / 2 * (width / 2) + x / 2;
            const uint8_t pair[4] = {luma[0], u[chroma], luma[1], v[chroma]};
            if (fwrite(pair, 1, sizeof pair, file) != sizeof pair)
                return -1;
        }
    }
    return 0;
}

static void print_numbers(const struct page *page)
{
    struct demo_truth truth;
    demo_truth(page->demo, 0, &truth);
    for (int i = 0; i < truth.number_count; i++)
        printf("%s%s", i ? " " : "", truth.numbers[i].text);
    printf("\n");
}

int main(int count, char **arguments)
{
    struct page page = {0};
    if (count < 5 || count > 6 || sscanf(arguments[2], "%dx%d", &page.width_px, &page.height_px) != 2 ||
        page.width_px % 2 || page.height_px % 2) {
        fprintf(stderr, "usage: demo_page jpeg|yuyv WIDTHxHEIGHT FRAMES FILE [DIGITS] (width and height even)\n");
        return 2;
    }
    int status = 1;
    FILE *const file = fopen(arguments[4], "wb");
    const struct demo_options options = {.seed = DEMO_DEFAULT_SEED, .width_px = page.width_px,
                                         .height_px = page.height_px, .digits = count > 5 ? atoi(arguments[5]) : DEMO_USUAL_DIGITS};
    if (!file || demo_create_scene(&page.demo, &options) != 0 ||
        !(page.pixels = malloc(demo_frame_bytes(page.demo))))
        goto done;
    for (int i = 0; i < atoi(arguments[3]); i++) {
        demo_render(page.demo, (uint64_t)i, true, page.pixels);
        if ((strcmp(arguments[1], "jpeg") == 0 ? write_jpeg : write_yuyv)(&page, file) != 0)
            goto done;
    }
    print_numbers(&page);
    status = 0;
done:
    if (file && fclose(file) != 0)
        status = 1;
    if (status)
        fprintf(stderr, "demo_page: cannot make %s\n", arguments[4]);
    demo_destroy(page.demo);
    free(page.pixels);
    return status;
}
