// Layer norm of each row of x (rows, columns): (x - mean) / sqrt(variance + eps) * weight + bias.
// The variance is the mean of (x - mean)², not of x² less mean²: that difference would lose all its
// digits where the mean is large.
//
// A block is (threads of a row, rows), as in softmax.cu: several warps and one row, or short rows of
// up to 32 threads that share the block.

__device__ __forceinline__ float sum_of_lanes(float value, int lanes) {
    for (int offset = lanes / 2; offset > 0; offset /= 2) {
        value += __shfl_xor_sync(0xffffffffu, value, offset);
    }
    return value;
}

__device__ __forceinline__ float sum_of_row(float value) {
    __shared__ float of_warp[32];
    if (blockDim.x <= 32) return sum_of_lanes(value, blockDim.x);
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32, warps = blockDim.x / 32;
    value = sum_of_lanes(value, 32);
    if (lane == 0) of_warp[warp] = value;
    __syncthreads();
    value = sum_of_lanes(lane < warps ? of_warp[lane] : 0.0f, 32);
    __syncthreads();  // of_warp may be written again
    return value;
}

__device__ __forceinline__ float square(float value) { return value * value; }

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
__device__ __forceinline__ void norm_in_registers(const float* x, const float* weight,
                                                  const float* bias, float* out, int rows,
                                                  int columns, float eps) {
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

    float total = 0.0f;
#pragma unroll
    for (int held = 0; held < HELD; ++held) {
        if (first + held * step < count) {
            for (float each : value[held]) total += each;
        }
    }
    float mean = sum_of_row(total) / columns;

    float squares = 0.0f;
#pragma unroll
    for (int held = 0; held < HELD; ++held) {
        if (first + held * step < count) {
            for (float each : value[held]) squares += square(each - mean);
        }
    }
    float scale = rsqrtf(sum_of_row(squares) / columns + eps);

#pragma unroll
    for (int held = 0; held < HELD; ++held) {
        int i = first + held * step;
        if (i < count) {
            float weights[WIDTH], biases[WIDTH];
            load<WIDTH>(weights, weight + i);
            load<WIDTH>(biases, bias + i);
#pragma unroll
            for (int w = 0; w < WIDTH; ++w) {
                value[held][w] = (value[held][w] - mean) * scale * weights[w] + biases[w];
            }
            store<WIDTH>(to + i, value[held]);
        }
    }
}

extern "C" __global__ void __launch_bounds__(1024)
    layer_norm_4_2(const float* x, const float* weight, const float* bias, float* out, int rows,
                   int columns, float eps) {
    norm_in_registers<4, 2>(x, weight, bias, out, rows, columns, eps);
}

extern "C" __global__ void __launch_bounds__(1024)
    layer_norm_4_4(const float* x, const float* weight, const float* bias, float* out, int rows,
                   int columns, float eps) {
    norm_in_registers<4, 4>(x, weight, bias, out, rows, columns, eps);
}

extern "C" __global__ void __launch_bounds__(1024)
    layer_norm_4_8(const float* x, const float* weight, const float* bias, float* out, int rows,
                   int columns, float eps) {
    norm_in_registers<4, 8>(x, weight, bias, out, rows, columns, eps);
}

extern "C" __global__ void __launch_bounds__(1024)
    layer_norm_1_4(const float* x, const float* weight, const float* bias, float* out, int rows,
                   int columns, float eps) {
    norm_in_registers<1, 4>(x, weight, bias, out, rows, columns, eps);
}

extern "C" __global__ void __launch_bounds__(1024)
    layer_norm_1_8(const float* x, const float* weight, const float* bias, float* out, int rows,
                   int columns, float eps) {
    norm_in_registers<1, 8>(x, weight, bias, out, rows, columns, eps);
}

// Rows of any length: read three times; the second and third time they partly come from the cache.
extern "C" __global__ void __launch_bounds__(1024)
    layer_norm_any(const float* __restrict__ x, const float* __restrict__ weight,
                   const float* __restrict__ bias, float* __restrict__ out, int rows, int columns,
                   float eps) {
    long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    const float* from = x + row * columns;
    float* to = out + row * columns;
    int count = row < rows ? columns : 0;

    float total = 0.0f;
#pragma unroll 4
    for (int i = threadIdx.x; i < count; i += blockDim.x) total += from[i];
    float mean = sum_of_row(total) / columns;

    float squares = 0.0f;
#pragma unroll 4
    for (int i = threadIdx.x; i < count; i += blockDim.x) squares += square(from[i] - mean);
    float scale = rsqrtf(sum_of_row(squares) / columns + eps);

#pragma unroll 4
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        to[i] = (from[i] - mean) * scale * weight[i] + bias[i];
    }
}
