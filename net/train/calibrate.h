/* calibrate.h - scores that mean what they say, and the threshold for showing a digit. */
#ifndef DIGITCAM_NET_TRAIN_CALIBRATE_H
#define DIGITCAM_NET_TRAIN_CALIBRATE_H

#include <stddef.h>
#include <stdint.h>

/* The temperature (Guo et al. 2017) that makes the labels likeliest when every score is divided by it before
 * the softmax. `shares`: count x classes probabilities; `labels`: below classes. Between 0.3 and 3; 1 for
 * count = 0. */
float calibrate_temperature(const float *shares, const uint8_t *labels, int count, int classes);

/* Applies a temperature to probabilities, in place. */
void calibrate_apply(float *shares, int count, int classes, float temperature);

/* The least confidence at which a digit should be shown: the threshold with the best F1 over the pictures
 * given, where a digit shown is right only if it is the right one and label 10 should show nothing; from 0.5
 * up, and no higher than where one in 250 digits that would have been read right is hidden. `origins` as in
 * dataset.h: that limit counts ORIGIN_DIGITS only. */
float calibrate_threshold(const float *shares, const uint8_t *labels, const uint8_t *origins, int count,
                          int classes);

/* Expected calibration error of the best class, over fifteen bins. */
float calibrate_error(const float *shares, const uint8_t *labels, int count, int classes);

/* Best of the ten digits of one picture, and its probability. */
int calibrate_best_digit(const float *shares, float *share);

#endif
