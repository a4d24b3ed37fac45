// softmax of each row of x (rows, columns): exp(x - max) / sum.
//
// It moves 8 bytes an element and computes little, so all that counts is memory: read each number
// once, write it once, four at a time, with many loads under way before the first is needed.
//
// A block is (threads of a row, rows). A long row has a block of several warps to itself. A short one
// has 1, 2, 4, 8, 16 or 32 threads and shares a block of 256 with others, without any barrier.
// Threads beyond the last row find no columns there; but they take part in the shuffles, which wait
// for the whole warp.

// The sum or the greatest value over a row; each of its threads gets it. Shuffles inside a warp, then
// one number a warp through shared memory.
struct Sum {
    static __device__ float zero() { return 0.0f; }
    static __device__ float join(float a, float b) { return a + b; }
};

struct Max {
    static __device__ float zero() { return -3.402823466e38f; }
    // Unlike fmaxf, a nan wins: a row with a nan in it has to come out as nan.
    static __device__ float join(float a, float b) { return a > b || a != a ? a : b; }
};

template <typename Operation>
__device__ __forceinline__ float reduce_lanes(float value, int lanes) {
    for (int offset = lanes / 2; offset > 0; offset /= 2) {
        value = Operation::join(value, __shfl_xor_sync(0xffffffffu, value, offset));
    }
    return value;
}

template <typename Operation>
__device__ __forceinline__ float reduce_row(float value) {
    __shared__ float of_warp[32];
    if (blockDim.x <= 32) return reduce_lanes<Operation>(value, blockDim.x);
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32, warps = blockDim.x / 32;
    value = reduce_lanes<Operation>(value, 32);
    if (lane == 0) of_warp[warp] = value;
    __syncthreads();
    value = reduce_lanes<Operation>(lane < warps ? of_warp[lane] : Operation::zero(), 32);
    __syncthreads();  // of_warp may be written again
    return value;
}

// The row stays in registers: VECTORS float4 in each thread. columns is a multiple of four, the row
// starts on 16 bytes, and blockDim.x * VECTORS float4 reach to its end.
template <int VECTORS>
__device__ __forceinline__ void softmax_in_registers(const float* x, float* out, int rows,
                                                     int columns) {
    long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    const float4* from = reinterpret_cast<const float4*>(x + row * columns);
    float4* to = reinterpret_cast<float4*>(out + row * columns);
    int count = row < rows ? columns / 4 : 0;

    float4 value[VECTORS];
    float highest = Max::zero();
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) {
        int i = threadIdx.x + v * blockDim.x;
        if (i < count) value[v] = from[i];
    }
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) {
        if (threadIdx.x + v * blockDim.x < count) {
            highest = Max::join(highest, Max::join(Max::join(value[v].x, value[v].y),
                                                   Max::join(value[v].z, value[v].w)));
        }
    }
    highest = reduce_row<Max>(highest);

    float total = 0.0f;
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) {
        if (threadIdx.x + v * blockDim.x < count) {
            value[v].x = expf(value[v].x - highest);
            value[v].y = expf(value[v].y - highest);
            value[v].z = expf(value[v].z - highest);
            value[v].w = expf(value[v].w - highest);
            total += value[v].x + value[v].y + value[v].z + value[v].w;
        }
    }
    float scale = 1.0f / reduce_row<Sum>(total);

#pragma unroll
    for (int v = 0; v < VECTORS; ++v) {
        int i = threadIdx.x + v * blockDim.x;
        if (i < count) {
            to[i] = make_float4(value[v].x * scale, value[v].y * scale, value[v].z * scale,
                                value[v].w * scale);
        }
    }
}

extern "C" __global__ void __launch_bounds__(1024)
    softmax_1(const float* x, float* out, int rows, int columns) {
    softmax_in_registers<1>(x, out, rows, columns);
}

extern "C" __global__ void __launch_bounds__(1024)
    softmax_2(const float* x, float* out, int rows, int columns) {
    softmax_in_registers<2>(x, out, rows, columns);
}

extern "C" __global__ void __launch_bounds__(1024)
    softmax_4(const float* x, float* out, int rows, int columns) {
    softmax_in_registers<4>(x, out, rows, columns);
}

extern "C" __global__ void __launch_bounds__(1024)
    softmax_8(const float* x, float* out, int rows, int columns) {
    softmax_in_registers<8>(x, out, rows, columns);
}

// Rows of any length: the greatest value and the sum in one pass, the output in a second.
// When a greater value comes, the sum so far is scaled down (Milakov and Gimelshein, 2018).
extern "C" __global__ void __launch_bounds__(1024)
    softmax_any(const float* x, float* out, int rows, int columns) {
    long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    const float* from = x + row * columns;
    float* to = out + row * columns;
    int count = row < rows ? columns : 0;

    float highest = Max::zero(), total = 0.0f;
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        float higher = Max::join(highest, from[i]);
        total = total * expf(highest - higher) + expf(from[i] - higher);
        highest = higher;
    }
    float peak = reduce_row<Max>(highest);
    float scale = 1.0f / reduce_row<Sum>(total * expf(highest - peak));
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        to[i] = expf(from[i] - peak) * scale;
    }
}
