/* digitcam.c - the program: the table of its commands, and the only file that sees every room. What they do is in
 * render/commands/, of the network's training in net/train/. */
#include <limits.h>
#include <stddef.h>

#include "net/train/eval.h"
#include "net/train/train.h"
#include "render/command.h"
#include "render/commands/commands.h"
#include "render/commands/names.h"
#include "render/commands/stop.h"

/* Training and evaluation look at no flag: a signal ends them at once, as it would without stop_handle_signals.
 * What was learned up to the last epoch is in the checkpoint. */
static int run_train(int argc, char **argv)
{
    stop_default_signals();
    return train_main(argc, argv);
}

static int run_eval(int argc, char **argv)
{
    stop_default_signals();
    return eval_main(argc, argv);
}

static const struct command command_table[] = {
    {"live", OPTIONS_OF_LIVE, command_live, NULL, NULL, NULL, 0, 1, "live [SOURCE]", "show a camera with the digits read",
     "Without SOURCE: the first camera, or the demo where there is none.\n"
     "Keys: q or Esc ends, f full screen, space holds the picture, b boxes, w shows why the rest was not read,\n"
     "s saves a PNG, h help; of a camera up and down exposure, a automatic exposure, right and left gain.\n"},
    {"read", OPTIONS_OF_READ, command_read, NULL, NULL, NULL, 1, INT_MAX, "read SOURCE...",
     "print what is read in pictures or clips",
     "One line a picture: its name and the numbers in it. Of a camera and of the demo one frame is read,\n"
     "unless --frames says otherwise. Exit status 4 where no digit was found at all.\n"
     "With --explain a further line for everything that was looked at and not read, and why (in JSON: \"candidates\").\n"
     "With --stages FOLDER: what each stage made of the picture, as pictures: gray, masks, contours, regions, crops, scores.\n"},
    {"cameras", OPTIONS_OF_CAMERAS, command_cameras, NULL, NULL, NULL, 0, 0, "cameras", "list cameras and what they offer", NULL},
    {"bench", OPTIONS_OF_BENCH, command_bench, NULL, NULL, NULL, 0, 1, "bench [SOURCE]", "measure how fast frames are read",
     "Frames are held in memory and read over and over; the first ones do not count. Without SOURCE: the demo at\n"
     "640x480, 1280x720 and 1920x1080 (or at --size) with 0, 10, 20 and 50 digits, and how many of them were\n"
     "read right. --frames says how many frames are read in each case. Times are in microseconds.\n"
     "With --net: the networks alone.\n"},
    {"train", 0, NULL, run_train, NULL, train_usage, 0, 0, "train DIR...", "train a network on IDX files", NULL},
    {"eval", 0, NULL, run_eval, NULL, eval_usage, 0, 0, "eval DIR...", "how often a network is right on IDX files", NULL},
    {.name = "kernels", .topic = topic_kernels, .synopsis = "help kernels",
     .summary = "instruction sets of this machine"},
    {.name = "scenes", .topic = topic_scenes, .synopsis = "help scenes", .summary = "the demo's scenes"},
    {"help", OPTIONS_OF_HELP, NULL, NULL, NULL, NULL, 0, 1, "help [COMMAND]", "show help", NULL},
};

int main(int argc, char **argv)
{
    stop_handle_signals();
    return command_run(command_table, sizeof command_table / sizeof command_table[0], names_camera, argc, argv);
}
