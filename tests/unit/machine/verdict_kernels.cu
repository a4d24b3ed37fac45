// Kernels in CUDA C, with what must be said of them in test_cuda_c.py.

constexpr int TILE = 16;
#define FACTOR 2.0f

__device__ float square(float x) { return x * x; }

__device__ void add_to(float& sum, const float* values, int i) { sum += values[i]; }

__device__ int first_equal(const float* values, int n, float wanted) {
    for (int i = 0; i < n; i++) {
        if (values[i] == wanted) return i;
    }
    return -1;
}

extern "C" __global__ void device_functions(const float* a, float* out, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    float sum = 0;
    add_to(sum, a, i);
    out[i] = square(sum) * FACTOR + first_equal(a, n, a[i]);
}

__device__ float warp_sum(float value) {
    for (int offset = 16; offset > 0; offset >>= 1) {
        value += __shfl_down_sync(0xffffffffu, value, offset);
    }
    return value;
}

__global__ void block_sum(const float* x, float* out, int n) {
    __shared__ float of_warp[32];
    int t = threadIdx.x;
    float sum = 0.0f;
    for (int i = t; i < n; i += blockDim.x) sum += x[i];
    sum = warp_sum(sum);
    if (t % 32 == 0) of_warp[t / 32] = sum;
    __syncthreads();
    if (t == 0) {
        float total = 0;
        for (int w = 0; w < blockDim.x / 32; ++w) total += of_warp[w];
        *out = total;
    }
}

__global__ void four_at_once(const float* a, float* out) {
    int i = threadIdx.x;
    float4 v = reinterpret_cast<const float4*>(a)[i];
    v.x += 1;
    v.w *= 2.0f;
    reinterpret_cast<float4*>(out)[i] = make_float4(v.x, v.y, v.z, v.w);
}

__global__ void histogram(const int* data, int* bins, int n) {
    extern __shared__ int mine[];
    int t = threadIdx.x;
    if (t < 8) mine[t] = 0;
    __syncthreads();
    for (int i = blockIdx.x * blockDim.x + t; i < n; i += gridDim.x * blockDim.x) {
        atomicAdd(&mine[data[i]], 1);
    }
    __syncthreads();
    if (t < 8) atomicAdd(bins + t, mine[t]);
}

__global__ void in_double(float* x) {
    int i = threadIdx.x;
    x[i] = x[i] * 0.1 + x[i] / 3;
}

__global__ void whole_numbers(int* x) {
    x[0] = 2147483647 + (int)threadIdx.x + 1;
    x[1] = -7 / 2;
    x[2] = -7 % 2;
    unsigned below = threadIdx.x;
    below -= 1;
    x[3] = below > 5;
    x[4] = 1 << 4 | 3;
}

__global__ void much_of_c(const float* a, float* out, int n) {
    int i = threadIdx.x, turns = 0;
    float kept[4] = {1, 2, 3};
    const float* p = a + 2;
    p++;
    do {
        turns++;
        if (turns == 3) continue;
        kept[3] += *p;
    } while (turns < 5);
    out[i] = (i & 1 ? kept[0] : kept[1]) + kept[3] + max(i, 3) + fmaxf(1.0f, kept[2]) + turns++;
    float* q = &out[i];
    *q += expf(0.0f) + powf(2.0f, 3.0f) + sqrtf(4.0f) + fabsf(-1.0f);
    q[0] -= turns;
    bool even = !(i % 2), late = (i > 5 && even) || n == 3;
    if (late) out[i] = -1;
}

__global__ void beyond_the_end(const float* a, float* out) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    out[i] = a[i];  // out of bounds
}

__global__ void no_barrier(const float* a, float* out) {
    __shared__ float s[64];
    int t = threadIdx.x;
    s[t] = a[t];
    out[t] = s[63 - t];  // race
}

__global__ void barrier_in_a_branch(const float* a, float* out) {
    if (threadIdx.x < 16) {
        __syncthreads();  // divergent barrier
    }
    out[threadIdx.x] = a[threadIdx.x];
}

__global__ void without_end(const float* a, float* out) {
    int i = 0;
    while (i < 10) {  // endless loop
        out[0] = a[0];
    }
}

__global__ void not_loaded(const float* a, float* out) {
    __shared__ float s[TILE * 4 + 1];
    int t = threadIdx.x;
    s[t] = a[t];
    __syncthreads();
    out[t] = s[t + 1];  // uninitialised
}

__global__ void beyond_a_row(const float* a, float* out) {
    __shared__ float s[TILE][TILE];
    int t = threadIdx.x;
    s[0][t] = a[t];  // out of bounds
    out[t] = s[0][t];
}

__global__ void no_value(const float* a, float* out) {
    float sum;  // uninitialised
    float later;
    for (int k = 0; k < 4; ++k) sum += a[k];
    later = a[threadIdx.x];
    out[threadIdx.x] = sum + later;
}

enum { STEPS = 3 };
__constant__ float WEIGHTS[2][3] = {{1.0f, 2.0f, 3.0f}, {4.0f, 5.0f, 6.0f}};

__global__ void constants(const float* a, float* out) {
    int i = threadIdx.x;
    float best = -1.0f / 0.0f;
    if (a[i] > best) best = WEIGHTS[i / STEPS % 2][i % STEPS] + sizeof(float);
    out[i] = best;
}

__global__ void off_its_sixteen_bytes(const float* a, float* out) {
    float4 v = *reinterpret_cast<const float4*>(a + 1);  // misaligned
    out[0] = v.x;
}

__global__ void a_switch(const int* a, int* out, int n) {
    int i = threadIdx.x, found = 0;
    for (int turn = 0; turn < 4; turn++) {
        switch (a[(i + turn) % n]) {
            case 0:
            case 1:
                found += 1;
            case 2:
                found += 10;
                break;
            default:
                found += 100;
                if (turn == 2) break;
                found += 1000;
            case 4:
                switch (turn) {
                    case 3: continue;
                    case 1: found += 5;
                }
                if (turn == 0) continue;
                found += 10000;
            case 5: ;
        }
        found += 100000;
    }
    out[i] = found;
}

__global__ void a_jump(const float* a, float* out) {
    int i = 0;
again:
    out[i] = a[i];
    if (++i < 3) goto again;
}

__global__ void a_rare_function(const float* a, float* out) {
    out[0] = a[0] + __byte_perm(1, 2, 3);
}
