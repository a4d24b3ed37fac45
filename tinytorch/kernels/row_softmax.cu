// softmax.cu goes on from here: it keeps a row in registers and reads four numbers at once.

constexpr int WARP = 32;
constexpr unsigned ALL = 0xffffffff;       // the lanes of a whole warp
constexpr float LOWEST = -3.402823466e38f;  // below it there is only -inf

// The greatest of the 32 values of a warp: each lane gets it. Given.
__device__ float warp_max(float value) {
    for (int offset = WARP / 2; offset > 0; offset /= 2) {
        value = fmaxf(value, __shfl_xor_sync(ALL, value, offset));
    }
    return value;
}

// The sum of the 32 values of a warp: each lane gets it. Given.
__device__ float warp_sum(float value) {
    for (int offset = WARP / 2; offset > 0; offset /= 2) {
        value += __shfl_xor_sync(ALL, value, offset);
    }
    return value;
}

extern "C" __global__ void row_softmax(const float* x, float* out, int rows, int columns) {
    // out = exp(x - max) / sum for each row of x (rows, columns), a warp of 32 lanes to a row.
    //
    // A lane takes every 32nd number. It goes over them once for the greatest and the sum together:
    // when a greater one comes, the sum so far is scaled down (Milakov and Gimelshein, 2018).
    int row = blockIdx.x * blockDim.y + threadIdx.y, lane = threadIdx.x;
    if (row >= rows) return;
    long long first = (long long)row * columns;
    float highest = LOWEST, total = 0.0f;
    for (int i = lane; i < columns; i += WARP) {
        float value = x[first + i], higher = fmaxf(highest, value);
        total = total * expf(highest - higher) + expf(value - higher);
        highest = higher;
    }
    float peak = warp_max(highest);
    total = warp_sum(total * expf(highest - peak));
    for (int i = lane; i < columns; i += WARP) {
        out[first + i] = expf(x[first + i] - peak) / total;
    }
}
