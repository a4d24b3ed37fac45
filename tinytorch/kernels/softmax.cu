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

// WIDTH neighbours: four are one load, from 16 bytes on.
template <int WIDTH>
__device__ __forceinline__ void load(float* value, const float* place) {
    if (WIDTH == 4) {
        float4 four = *reinterpret_cast<const float4*>(place);
        value[0] = four.x;
        value[1] = four.y;
        value[2] = four.z;
        value[3] = four.w;
    } else {
        value[0] = *place;
    }
}

template <int WIDTH>
__device__ __forceinline__ void store(float* place, const float* value) {
    if (WIDTH == 4) {
        *reinterpret_cast<float4*>(place) = make_float4(value[0], value[1], value[2], value[3]);
    } else {
        *place = value[0];
    }
}

// The row stays in registers, HELD times WIDTH neighbours in each thread. columns is a multiple of
// WIDTH, and blockDim.x * HELD * WIDTH reach to its end.
template <int WIDTH, int HELD>
__device__ __forceinline__ void softmax_in_registers(const float* x, float* out, int rows,
                                                     int columns) {
    long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    const float* from = x + row * columns;
    float* to = out + row * columns;
    int count = row < rows ? columns : 0;
    int first = threadIdx.x * WIDTH, step = blockDim.x * WIDTH;

    float value[HELD][WIDTH];
#pragma unroll
    for (int held = 0; held < HELD; ++held) {
        int i = first + held * step;
        if (i < count) load<WIDTH>(value[held], from + i);
    }

    float highest = Max::zero();
#pragma unroll
    for (int held = 0; held < HELD; ++held) {
        if (first + held * step < count) {
            for (float each : value[held]) highest = Max::join(highest, each);
        }
    }
    highest = reduce_row<Max>(highest);

    float total = 0.0f;
#pragma unroll
    for (int held = 0; held < HELD; ++held) {
        if (first + held * step < count) {
            for (float& each : value[held]) total += each = expf(each - highest);
        }
    }
    float scale = 1.0f / reduce_row<Sum>(total);

#pragma unroll
    for (int held = 0; held < HELD; ++held) {
        int i = first + held * step;
        if (i < count) {
            for (float& each : value[held]) each *= scale;
            store<WIDTH>(to + i, value[held]);
        }
    }
}

extern "C" __global__ void __launch_bounds__(1024)
    softmax_4_2(const float* x, float* out, int rows, int columns) {
    softmax_in_registers<4, 2>(x, out, rows, columns);
}

extern "C" __global__ void __launch_bounds__(1024)
    softmax_4_4(const float* x, float* out, int rows, int columns) {
    softmax_in_registers<4, 4>(x, out, rows, columns);
}

extern "C" __global__ void __launch_bounds__(1024)
    softmax_4_8(const float* x, float* out, int rows, int columns) {
    softmax_in_registers<4, 8>(x, out, rows, columns);
}

extern "C" __global__ void __launch_bounds__(1024)
    softmax_1_4(const float* x, float* out, int rows, int columns) {
    softmax_in_registers<1, 4>(x, out, rows, columns);
}

extern "C" __global__ void __launch_bounds__(1024)
    softmax_1_8(const float* x, float* out, int rows, int columns) {
    softmax_in_registers<1, 8>(x, out, rows, columns);
}

// Rows of any length: the greatest value and the sum in one pass, the output in a second. When a
// greater value comes, the sum so far is scaled down (Milakov and Gimelshein, 2018). That is done
// for four numbers at a time, whose loads are under way together.
extern "C" __global__ void __launch_bounds__(1024)
    softmax_any(const float* __restrict__ x, float* __restrict__ out, int rows, int columns) {
    long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    const float* from = x + row * columns;
    float* to = out + row * columns;
    int count = row < rows ? columns : 0, step = blockDim.x;

    float highest = Max::zero(), total = 0.0f;
    for (int start = threadIdx.x; start < count; start += 4 * step) {
        float value[4], higher = highest;
#pragma unroll
        for (int v = 0; v < 4; ++v) {
            if (start + v * step < count) value[v] = from[start + v * step];
        }
#pragma unroll
        for (int v = 0; v < 4; ++v) {
            if (start + v * step < count) higher = Max::join(higher, value[v]);
        }
        total *= expf(highest - higher);
#pragma unroll
        for (int v = 0; v < 4; ++v) {
            if (start + v * step < count) total += expf(value[v] - higher);
        }
        highest = higher;
    }
    float peak = reduce_row<Max>(highest);
    float scale = 1.0f / reduce_row<Sum>(total * expf(highest - peak));
#pragma unroll 4
    for (int i = threadIdx.x; i < count; i += step) to[i] = expf(from[i] - peak) * scale;
}
