#include "net/train/calibrate.h"

#include <math.h>

#include "net/train/dataset.h"

#define BINS         15
#define HIDDEN_LIMIT 0.004f
#define LEAST_PERCENT                                                                                        \
    50 /* what is shown should be right more often than not, also where there is more clutter than in        \
          training */
#define MOST_PERCENT 97

int calibrate_best_digit(const float *shares, float *share)
{
    int best = 0;
    for (int k = 1; k < 10; k++)
        best = shares[k] > shares[best] ? k : best;
    *share = shares[best];
    return best;
}

/* log of the share the label has at `temperature` */
static double log_share(const float *shares, int classes, int label, double temperature)
{
    double sum = 0;
    for (int k = 0; k < classes; k++)
        sum += pow((double)shares[k] + 1e-12, 1 / temperature);
    return log((double)shares[label] + 1e-12) / temperature - log(sum);
}

float calibrate_temperature(const float *shares, const uint8_t *labels, int count, int classes)
{
    double best = -INFINITY;
    float temperature = 1;
    for (int step = -24; step <= 24 && count > 0; step++) {
        const double tried = exp(step * log(3.0) / 24);
        double sum = 0;
        for (int n = 0; n < count; n++)
            sum += log_share(shares + (long)n * classes, classes, labels[n], tried);
        if (sum > best) {
            best = sum;
            temperature = (float)tried;
        }
    }
    return temperature;
}

void calibrate_apply(float *shares, int count, int classes, float temperature)
{
    for (int n = 0; n < count; n++) {
        float *mine = shares + (long)n * classes, sum = 0;
        for (int k = 0; k < classes; k++)
            sum += mine[k] = powf(mine[k] + 1e-12f, 1 / temperature);
        for (int k = 0; k < classes; k++)
            mine[k] /= sum;
    }
}

struct outcome {
    int shown_right, shown_wrong, missed; /* over everything */
    int hidden, readable;                 /* of the sets of digits */
};

static struct outcome outcome_at(const float *shares, const uint8_t *labels, const uint8_t *origins,
                                 int count, int classes, float threshold)
{
    struct outcome outcome = {0, 0, 0, 0, 0};
    for (int n = 0; n < count; n++) {
        const float *mine = shares + (long)n * classes;
        float share;
        const int digit = calibrate_best_digit(mine, &share);
        const int shown = share >= threshold && (classes <= 10 || share > mine[10]);
        const int right = digit == labels[n];
        outcome.shown_right += shown && right;
        outcome.shown_wrong += shown && !right;
        outcome.missed += labels[n] < 10 && !(shown && right);
        if (origins[n] == ORIGIN_DIGITS && right) {
            outcome.readable++;
            outcome.hidden += !shown;
        }
    }
    return outcome;
}

float calibrate_threshold(const float *shares, const uint8_t *labels, const uint8_t *origins, int count,
                          int classes)
{
    float best = -1, threshold = LEAST_PERCENT / 100.0f;
    for (int percent = LEAST_PERCENT; percent <= MOST_PERCENT; percent++) {
        const struct outcome o = outcome_at(shares, labels, origins, count, classes, (float)percent / 100);
        if ((float)o.hidden > HIDDEN_LIMIT * (float)o.readable)
            break;
        const float f1 =
            2.0f * (float)o.shown_right / fmaxf(1, (float)(2 * o.shown_right + o.shown_wrong + o.missed));
        if (f1 >= best) {
            best = f1;
            threshold = (float)percent / 100;
        }
    }
    return threshold;
}

float calibrate_error(const float *shares, const uint8_t *labels, int count, int classes)
{
    double confidence[BINS] = {0}, right[BINS] = {0}, error = 0;
    for (int n = 0; n < count; n++) {
        const float *mine = shares + (long)n * classes;
        int best = 0;
        for (int k = 1; k < classes; k++)
            best = mine[k] > mine[best] ? k : best;
        const int bin = (int)fminf(BINS - 1, mine[best] * BINS);
        confidence[bin] += mine[best];
        right[bin] += best == labels[n];
    }
    for (int b = 0; b < BINS; b++)
        error += fabs(confidence[b] - right[b]);
    return count > 0 ? (float)(error / count) : 0;
}
