/* eval.h - the command `digitcam eval`: how often a weights file, or a method to compare it with, is right on IDX sets. */
#ifndef DIGITCAM_NET_TRAIN_EVAL_H
#define DIGITCAM_NET_TRAIN_EVAL_H

/* digitcam eval [--corrupt] [--json] [--weights FILE] [--kernels NAME] [--baseline NAME --train DIR] DIR...
 * argv[0] is the word "eval". The weights file is --weights, else $DIGITCAM_WEIGHTS, else the default one,
 * which is looked for beside the program and where `make install` puts it. Prints one line (or JSON object) a
 * set to stdout. Returns the exit status: 0, 1 (failure, said on stderr) or 2 (usage). */
int eval_main(int argc, char **argv);

extern const char eval_usage[];

#endif
