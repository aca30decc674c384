/* train.h - the command `digitcam train`: from folders of IDX files to a weights file. */
#ifndef DIGITCAM_NET_TRAIN_TRAIN_H
#define DIGITCAM_NET_TRAIN_TRAIN_H

/* digitcam train DIR... [--net lenet5|digits] [--out FILE] [--epochs N] [--seed N] [--threads N] [--resume]
 *                       [--from FILE [--last-layers]]
 * argv[0] is the word "train". Prints progress to stderr. Returns the exit status: 0, 1 (failure, said on
 * stderr) or 2 (usage). `digitcam help train` prints train_usage. */
int train_main(int argc, char **argv);

extern const char train_usage[];

#endif
