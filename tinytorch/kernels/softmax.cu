// softmax of each row of x (rows, columns): exp(x - max) / sum, one block a row.
//
// It moves 8 bytes an element and computes little, so all that counts is memory: read each number
// once, write it once, four at a time, with many loads under way before the first is needed.

// The sum or the greatest value over the block; every thread gets it. Shuffles inside a warp, then
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
__device__ __forceinline__ float reduce_warp(float value) {
    for (int offset = 16; offset > 0; offset /= 2) {
        value = Operation::join(value, __shfl_xor_sync(0xffffffffu, value, offset));
    }
    return value;
}

template <typename Operation>
__device__ __forceinline__ float reduce_block(float value) {
    __shared__ float of_warp[32];
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32, warps = blockDim.x / 32;
    value = reduce_warp<Operation>(value);
    if (warps == 1) return value;
    if (lane == 0) of_warp[warp] = value;
    __syncthreads();
    value = reduce_warp<Operation>(lane < warps ? of_warp[lane] : Operation::zero());
    __syncthreads();  // of_warp may be written again
    return value;
}

// The row stays in registers: VECTORS float4 in each thread. columns is a multiple of four, the row
// starts on 16 bytes, and blockDim.x * VECTORS float4 reach to its end.
template <int VECTORS>
__device__ __forceinline__ void softmax_in_registers(const float* x, float* out, int columns) {
    const float4* from = reinterpret_cast<const float4*>(x + (long long)blockIdx.x * columns);
    float4* to = reinterpret_cast<float4*>(out + (long long)blockIdx.x * columns);
    int count = columns / 4;

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
    highest = reduce_block<Max>(highest);

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
    float scale = 1.0f / reduce_block<Sum>(total);

#pragma unroll
    for (int v = 0; v < VECTORS; ++v) {
        int i = threadIdx.x + v * blockDim.x;
        if (i < count) {
            to[i] = make_float4(value[v].x * scale, value[v].y * scale, value[v].z * scale,
                                value[v].w * scale);
        }
    }
}

extern "C" __global__ void __launch_bounds__(256)
    softmax_1(const float* x, float* out, int columns) {
    softmax_in_registers<1>(x, out, columns);
}

extern "C" __global__ void __launch_bounds__(256)
    softmax_2(const float* x, float* out, int columns) {
    softmax_in_registers<2>(x, out, columns);
}

extern "C" __global__ void __launch_bounds__(256)
    softmax_4(const float* x, float* out, int columns) {
    softmax_in_registers<4>(x, out, columns);
}

extern "C" __global__ void __launch_bounds__(256)
    softmax_8(const float* x, float* out, int columns) {
    softmax_in_registers<8>(x, out, columns);
}

// Rows of any length: the greatest value and the sum in one pass, the output in a second.
// When a greater value comes, the sum so far is scaled down (Milakov and Gimelshein, 2018).
extern "C" __global__ void __launch_bounds__(1024)
    softmax_any(const float* x, float* out, int columns) {
    const float* from = x + (long long)blockIdx.x * columns;
    float* to = out + (long long)blockIdx.x * columns;

    float highest = Max::zero(), total = 0.0f;
    for (int i = threadIdx.x; i < columns; i += blockDim.x) {
        float higher = Max::join(highest, from[i]);
        total = total * expf(highest - higher) + expf(from[i] - higher);
        highest = higher;
    }
    float peak = reduce_block<Max>(highest);
    float scale = 1.0f / reduce_block<Sum>(total * expf(highest - peak));
    for (int i = threadIdx.x; i < columns; i += blockDim.x) {
        to[i] = expf(from[i] - peak) * scale;
    }
}
