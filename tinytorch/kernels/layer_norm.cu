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

// The row stays in registers: VECTORS float4 in each thread. columns is a multiple of four, the row
// and the two vectors start on 16 bytes, and blockDim.x * VECTORS float4 reach to the row's end.
template <int VECTORS>
__device__ __forceinline__ void norm_in_registers(const float* x, const float* weight,
                                                  const float* bias, float* out, int rows,
                                                  int columns, float eps) {
    long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    const float4* from = reinterpret_cast<const float4*>(x + row * columns);
    const float4* weights = reinterpret_cast<const float4*>(weight);
    const float4* biases = reinterpret_cast<const float4*>(bias);
    float4* to = reinterpret_cast<float4*>(out + row * columns);
    int count = row < rows ? columns / 4 : 0;

    float4 value[VECTORS];
    float total = 0.0f;
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) {
        int i = threadIdx.x + v * blockDim.x;
        if (i < count) value[v] = from[i];
    }
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) {
        if (threadIdx.x + v * blockDim.x < count) {
            total += value[v].x + value[v].y + value[v].z + value[v].w;
        }
    }
    float mean = sum_of_row(total) / columns;

    float squares = 0.0f;
#pragma unroll
    for (int v = 0; v < VECTORS; ++v) {
        if (threadIdx.x + v * blockDim.x < count) {
            squares += square(value[v].x - mean) + square(value[v].y - mean) +
                       square(value[v].z - mean) + square(value[v].w - mean);
        }
    }
    float scale = rsqrtf(sum_of_row(squares) / columns + eps);

#pragma unroll
    for (int v = 0; v < VECTORS; ++v) {
        int i = threadIdx.x + v * blockDim.x;
        if (i < count) {
            float4 w = weights[i], b = biases[i];
            to[i] = make_float4((value[v].x - mean) * scale * w.x + b.x,
                                (value[v].y - mean) * scale * w.y + b.y,
                                (value[v].z - mean) * scale * w.z + b.z,
                                (value[v].w - mean) * scale * w.w + b.w);
        }
    }
}

extern "C" __global__ void __launch_bounds__(1024)
    layer_norm_1(const float* x, const float* weight, const float* bias, float* out, int rows,
                 int columns, float eps) {
    norm_in_registers<1>(x, weight, bias, out, rows, columns, eps);
}

extern "C" __global__ void __launch_bounds__(1024)
    layer_norm_2(const float* x, const float* weight, const float* bias, float* out, int rows,
                 int columns, float eps) {
    norm_in_registers<2>(x, weight, bias, out, rows, columns, eps);
}

extern "C" __global__ void __launch_bounds__(1024)
    layer_norm_4(const float* x, const float* weight, const float* bias, float* out, int rows,
                 int columns, float eps) {
    norm_in_registers<4>(x, weight, bias, out, rows, columns, eps);
}

extern "C" __global__ void __launch_bounds__(1024)
    layer_norm_8(const float* x, const float* weight, const float* bias, float* out, int rows,
                 int columns, float eps) {
    norm_in_registers<8>(x, weight, bias, out, rows, columns, eps);
}

// Rows of any length: read three times; the second and third time they mostly come from the cache.
extern "C" __global__ void __launch_bounds__(1024)
    layer_norm_any(const float* x, const float* weight, const float* bias, float* out, int rows,
                   int columns, float eps) {
    long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    const float* from = x + row * columns;
    float* to = out + row * columns;
    int count = row < rows ? columns : 0;

    float total = 0.0f;
    for (int i = threadIdx.x; i < count; i += blockDim.x) total += from[i];
    float mean = sum_of_row(total) / columns;

    float squares = 0.0f;
    for (int i = threadIdx.x; i < count; i += blockDim.x) squares += square(from[i] - mean);
    float scale = rsqrtf(sum_of_row(squares) / columns + eps);

    for (int i = threadIdx.x; i < count; i += blockDim.x) {
        to[i] = (from[i] - mean) * scale * weight[i] + bias[i];
    }
}
