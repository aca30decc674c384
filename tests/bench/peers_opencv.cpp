// peers_opencv.cpp - OpenCV's networks, and its way from a frame to borders, each on one thread.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

extern "C" {
#include "net/net.h"
#include "net/weights.h"
#include "tests/bench/peers.h"
}

namespace
{

struct network {
    cv::dnn::Net net;
    cv::Mat input; // batch x 1 x 28 x 28
};

cv::Mat floats(const float *values, const std::vector<int> &sizes)
{
    return cv::Mat(sizes, CV_32F, const_cast<float *>(values)).clone();
}

void add_layer(cv::dnn::Net &net, const layer_spec &layer)
{
    cv::dnn::LayerParams params;
    if (layer.kind == LAYER_MAXPOOL) {
        params.set("pool", "max");
        params.set("kernel_size", layer.kernel);
        params.set("stride", layer.stride);
        params.set("ceil_mode", false);
        net.addLayerToPrev(layer.name, "Pooling", params);
        return;
    }
    const bool conv = layer.kind == LAYER_CONV;
    const int inputs = layer.in_channels * layer.in_height * layer.in_width;
    params.set("num_output", layer.out_channels);
    params.set("bias_term", true);
    params.set("kernel_size", layer.kernel);
    params.set("stride", layer.stride);
    params.set("pad", layer.padding);
    params.blobs.push_back(
        conv ? floats(layer.weight, {layer.out_channels, layer.in_channels, layer.kernel, layer.kernel})
             : floats(layer.weight, {layer.out_channels, inputs}));
    params.blobs.push_back(floats(layer.bias, {1, layer.out_channels}));
    net.addLayerToPrev(layer.name, conv ? "Convolution" : "InnerProduct", params);
    cv::dnn::LayerParams none;
    if (layer.activation == ACTIVATION_RELU)
        net.addLayerToPrev(std::string(layer.name) + "-relu", "ReLU", none);
}

void fill(cv::Mat &blob, const uint8_t *pictures)
{
    float *to = blob.ptr<float>();
    for (size_t i = 0; i < blob.total(); i++)
        to[i] = static_cast<float>(pictures[i]) / 255;
}

int forward(void *self, const uint8_t *pictures, float *scores)
try {
    network &network_ = *static_cast<network *>(self);
    fill(network_.input, pictures);
    network_.net.setInput(network_.input);
    const cv::Mat out = network_.net.forward();
    std::memcpy(scores, out.ptr<float>(), out.total() * sizeof *scores);
    return 0;
} catch (const cv::Exception &) {
    return -EIO;
}

void destroy(void *self)
{
    delete static_cast<network *>(self);
}

int count_borders(const cv::Mat &mask)
{
    static std::vector<std::vector<cv::Point>> borders;
    static std::vector<cv::Vec4i> hierarchy;
    cv::findContours(mask, borders, hierarchy, cv::RETR_TREE, cv::CHAIN_APPROX_NONE);
    return static_cast<int>(borders.size());
}

} // namespace

int peer_opencv_create(peer *peer, const weights *weights, bool int8, int batch, const uint8_t *pictures,
                       int count)
try {
    cv::setNumThreads(1);
    network *const made = new network;
    made->input.create(std::vector<int>{batch, 1, NET_SIDE_PX, NET_SIDE_PX}, CV_32F);
    for (int i = 0; i < weights->layer_count; i++)
        add_layer(made->net, weights->layers[i]);
    made->net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
    made->net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
    if (int8) {
        cv::Mat seen(std::vector<int>{count, 1, NET_SIDE_PX, NET_SIDE_PX}, CV_32F);
        fill(seen, pictures);
        made->net = made->net.quantize(seen, CV_32F, CV_32F);
    }
    std::memset(peer, 0, sizeof *peer);
    std::snprintf(peer->name, sizeof peer->name, "OpenCV %s", CV_VERSION);
    peer->self = made;
    peer->forward = forward;
    peer->destroy = destroy;
    return 0;
} catch (const cv::Exception &) {
    return -EIO;
}

int peer_opencv_borders(const uint8_t *yuyv, int width_px, int height_px)
{
    static cv::Mat gray, mask;
    const cv::Mat frame(height_px, width_px, CV_8UC2, const_cast<uint8_t *>(yuyv));
    cv::cvtColor(frame, gray, cv::COLOR_YUV2GRAY_YUYV);
    cv::adaptiveThreshold(gray, mask, 255, cv::ADAPTIVE_THRESH_MEAN_C, cv::THRESH_BINARY_INV, 31, 10);
    return count_borders(mask);
}

int peer_opencv_borders_of_mask(const uint8_t *mask, int width_px, int height_px, int stride_bytes)
{
    return count_borders(cv::Mat(height_px, width_px, CV_8UC1, const_cast<uint8_t *>(mask),
                                 static_cast<size_t>(stride_bytes)));
}

const char *peer_opencv_version()
{
    return CV_VERSION;
}
