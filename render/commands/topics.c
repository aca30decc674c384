/* topics.c - the pages `digitcam help kernels` and `digitcam help scenes`. */
#include "render/commands/commands.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "capture/demo.h"
#include "net/kernels.h"

void topic_kernels(void)
{
    const char *const wanted = getenv("DIGITCAM_KERNELS");
    const bool forced = wanted && *wanted;
    const struct kernels *const best = kernels_best(), *const chosen = forced ? kernels_find(wanted) : best;
    puts("Instruction sets the network can compute with, from the plainest to the fastest:\n");
    for (int i = 0; kernels_at(i); i++) {
        const struct kernels *const set = kernels_at(i);
        printf("%c %-12s %s%s\n", set == chosen ? '*' : ' ', set->name, set->description,
               set->supported() ? "" : " (not on this processor)");
    }
    if (!forced)
        puts("\n* is chosen: the fastest this processor has.");
    else if (chosen && chosen->supported())
        puts("\n* is chosen, by DIGITCAM_KERNELS.");
    else
        printf("\nDIGITCAM_KERNELS asks for \"%s\", which is none this processor has.\n", wanted);
    printf("--kernels NAME takes another, as does DIGITCAM_KERNELS=NAME in the environment. A network in int8 answers\n"
           "the same with each of them. `digitcam bench --net` measures them.\n");
}

void topic_scenes(void)
{
    puts("Built-in pages to try digitcam on, each hard to read in its own way:\n");
    for (int i = 0; i < demo_scene_count(); i++)
        printf("  demo:%-12s %s\n", demo_scene_name(i), demo_scene_summary(i));
    puts("\nThey are a SOURCE like any other: digitcam demo:blackboard. --seed N shows another page, --size WxH another size.");
}
