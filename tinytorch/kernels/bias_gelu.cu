// out = gelu(x + bias) for x (rows, columns) and bias (columns,), and its gradient.
//
// Done as two operations, the sum would be written to memory and read back: 16 bytes an element
// move in place of 8, and the time with them. A thread keeps one column (its bias is read once) and
// walks down the rows; the 32 threads of a warp stand beside each other, so a row is read in runs.

constexpr float ROOT_HALF = 0.70710678118654752f;            // 1 / sqrt(2)
constexpr float ROOT_HALF_BY_ROOT_PI = 0.39894228040143268f;  // 1 / sqrt(2 pi)

// z times the chance that a normal variable is below z.
__device__ __forceinline__ float gelu(float z) { return 0.5f * z * (1.0f + erff(z * ROOT_HALF)); }

// Its slope: that chance, plus z times the density at z.
__device__ __forceinline__ float gelu_slope(float z) {
    return 0.5f * (1.0f + erff(z * ROOT_HALF)) + z * ROOT_HALF_BY_ROOT_PI * expf(-0.5f * z * z);
}

// columns counts float4 here: the host passes a quarter where four neighbours can be one load.
extern "C" __global__ void bias_gelu_4(const float4* x, const float4* bias, float4* out, int rows,
                                       int columns) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= columns) return;
    float4 b = bias[column];
    for (int row = blockIdx.y * blockDim.y + threadIdx.y; row < rows;
         row += gridDim.y * blockDim.y) {
        long long i = (long long)row * columns + column;
        float4 z = x[i];
        out[i] = make_float4(gelu(z.x + b.x), gelu(z.y + b.y), gelu(z.z + b.z), gelu(z.w + b.w));
    }
}

extern "C" __global__ void bias_gelu_1(const float* x, const float* bias, float* out, int rows,
                                       int columns) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= columns) return;
    float b = bias[column];
    for (int row = blockIdx.y * blockDim.y + threadIdx.y; row < rows;
         row += gridDim.y * blockDim.y) {
        long long i = (long long)row * columns + column;
        out[i] = gelu(x[i] + b);
    }
}

// The gradient of x: the output's gradient times the slope. That of bias is its sum over the rows.
extern "C" __global__ void bias_gelu_gradient(const float* gradient, const float* x,
                                              const float* bias, float* out, int rows,
                                              int columns) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= columns) return;
    float b = bias[column];
    for (int row = blockIdx.y * blockDim.y + threadIdx.y; row < rows;
         row += gridDim.y * blockDim.y) {
        long long i = (long long)row * columns + column;
        out[i] = gradient[i] * gelu_slope(x[i] + b);
    }
}
