// Kernels as courses and samples teach them, written anew; those whose name ends in _wrong have one planted fault.

#define RADIUS 3
#define BLOCK 64

// Mark Harris's reductions.

__global__ void reduce_modulo(const int* in, int* out) {
    __shared__ int sdata[128];
    unsigned int tid = threadIdx.x, i = blockIdx.x * blockDim.x + threadIdx.x;
    sdata[tid] = in[i];
    __syncthreads();
    for (unsigned int s = 1; s < blockDim.x; s *= 2) {
        if (tid % (2 * s) == 0) {
            sdata[tid] += sdata[tid + s];
        }
        __syncthreads();
    }
    if (tid == 0) out[blockIdx.x] = sdata[0];
}

__global__ void reduce_strided(const int* in, int* out) {
    __shared__ int sdata[128];
    unsigned int tid = threadIdx.x, i = blockIdx.x * blockDim.x + threadIdx.x;
    sdata[tid] = in[i];
    __syncthreads();
    for (unsigned int s = 1; s < blockDim.x; s *= 2) {
        int index = 2 * s * tid;
        if (index < blockDim.x) {
            sdata[index] += sdata[index + s];
        }
        __syncthreads();
    }
    if (tid == 0) out[blockIdx.x] = sdata[0];
}

template <unsigned int blockSize>
__device__ void warpReduce(volatile int* sdata, unsigned int tid) {
    if (blockSize >= 64) sdata[tid] += sdata[tid + 32];
    if (blockSize >= 32) sdata[tid] += sdata[tid + 16];
    if (blockSize >= 16) sdata[tid] += sdata[tid + 8];
    if (blockSize >= 8) sdata[tid] += sdata[tid + 4];
    if (blockSize >= 4) sdata[tid] += sdata[tid + 2];
    if (blockSize >= 2) sdata[tid] += sdata[tid + 1];
}

__global__ void reduce_volatile_wrong(const int* in, int* out) {
    extern __shared__ int sdata[];
    unsigned int tid = threadIdx.x;
    sdata[tid] = in[tid];
    __syncthreads();
    if (tid < 32) warpReduce<64>(sdata, tid);
    if (tid == 0) out[0] = sdata[0];
}

// Transposes of the CUDA samples.

__global__ void transpose_no_padding(float* odata, const float* idata) {
    __shared__ float tile[32][32];
    int x = blockIdx.x * 32 + threadIdx.x;
    int y = blockIdx.y * 32 + threadIdx.y;
    int width = gridDim.x * 32;
    for (int j = 0; j < 32; j += 8) tile[threadIdx.y + j][threadIdx.x] = idata[(y + j) * width + x];
    __syncthreads();
    x = blockIdx.y * 32 + threadIdx.x;
    y = blockIdx.x * 32 + threadIdx.y;
    for (int j = 0; j < 32; j += 8) odata[(y + j) * width + x] = tile[threadIdx.x][threadIdx.y + j];
}

__global__ void transpose_no_barrier_wrong(float* odata, const float* idata) {
    __shared__ float tile[32][32 + 1];
    int x = blockIdx.x * 32 + threadIdx.x;
    int y = blockIdx.y * 32 + threadIdx.y;
    int width = gridDim.x * 32;
    for (int j = 0; j < 32; j += 8) tile[threadIdx.y + j][threadIdx.x] = idata[(y + j) * width + x];
    x = blockIdx.y * 32 + threadIdx.x;
    y = blockIdx.x * 32 + threadIdx.y;
    for (int j = 0; j < 32; j += 8) odata[(y + j) * width + x] = tile[threadIdx.x][threadIdx.y + j];
}

// The stencil of NVIDIA's introduction.

__global__ void stencil(const int* in, int* out) {
    __shared__ int temp[BLOCK + 2 * RADIUS];
    int gindex = threadIdx.x + blockIdx.x * blockDim.x + RADIUS;
    int lindex = threadIdx.x + RADIUS;
    temp[lindex] = in[gindex];
    if (threadIdx.x < RADIUS) {
        temp[lindex - RADIUS] = in[gindex - RADIUS];
        temp[lindex + BLOCK] = in[gindex + BLOCK];
    }
    __syncthreads();
    int result = 0;
    for (int offset = -RADIUS; offset <= RADIUS; offset++) result += temp[lindex + offset];
    out[gindex - RADIUS] = result;
}

__global__ void stencil_halo_wrong(const int* in, int* out) {
    __shared__ int temp[BLOCK + 2 * RADIUS];
    int gindex = threadIdx.x + blockIdx.x * blockDim.x + RADIUS;
    int lindex = threadIdx.x + RADIUS;
    temp[lindex] = in[gindex];
    if (threadIdx.x < RADIUS - 1) {
        temp[lindex - RADIUS] = in[gindex - RADIUS];
        temp[lindex + BLOCK] = in[gindex + BLOCK];
    }
    __syncthreads();
    int result = 0;
    for (int offset = -RADIUS; offset <= RADIUS; offset++) result += temp[lindex + offset];
    out[gindex - RADIUS] = result;
}

// CUDA by Example.

__global__ void histogram(const unsigned char* buffer, long size, unsigned int* histo) {
    __shared__ unsigned int temp[256];
    temp[threadIdx.x] = 0;
    __syncthreads();
    int i = threadIdx.x + blockIdx.x * blockDim.x;
    int stride = blockDim.x * gridDim.x;
    while (i < size) {
        atomicAdd(&temp[buffer[i]], 1);
        i += stride;
    }
    __syncthreads();
    atomicAdd(&(histo[threadIdx.x]), temp[threadIdx.x]);
}

__global__ void histogram_wrong(const unsigned char* buffer, long size, unsigned int* histo) {
    int i = threadIdx.x + blockIdx.x * blockDim.x;
    int stride = blockDim.x * gridDim.x;
    while (i < size) {
        histo[buffer[i]]++;
        i += stride;
    }
}

__global__ void dot(const float* a, const float* b, float* c, int n) {
    __shared__ float cache[64];
    int tid = threadIdx.x + blockIdx.x * blockDim.x;
    int cacheIndex = threadIdx.x;
    float temp = 0;
    while (tid < n) {
        temp += a[tid] * b[tid];
        tid += blockDim.x * gridDim.x;
    }
    cache[cacheIndex] = temp;
    __syncthreads();
    int i = blockDim.x / 2;
    while (i != 0) {
        if (cacheIndex < i) cache[cacheIndex] += cache[cacheIndex + i];
        __syncthreads();
        i /= 2;
    }
    if (cacheIndex == 0) c[blockIdx.x] = cache[0];
}

__global__ void dot_return_wrong(const float* a, const float* b, float* c, int n) {
    __shared__ float cache[64];
    int tid = threadIdx.x + blockIdx.x * blockDim.x;
    if (tid >= n) return;
    cache[threadIdx.x] = a[tid] * b[tid];
    __syncthreads();
    for (int i = blockDim.x / 2; i != 0; i /= 2) {
        if (threadIdx.x < i) cache[threadIdx.x] += cache[threadIdx.x + i];
        __syncthreads();
    }
    if (threadIdx.x == 0) c[blockIdx.x] = cache[0];
}

struct cuComplex {
    float r;
    float i;
    __device__ cuComplex(float a, float b) : r(a), i(b) {}
    __device__ float magnitude2(void) { return r * r + i * i; }
    __device__ cuComplex operator*(const cuComplex& a) {
        return cuComplex(r * a.r - i * a.i, i * a.r + r * a.i);
    }
    __device__ cuComplex operator+(const cuComplex& a) { return cuComplex(r + a.r, i + a.i); }
};

__device__ int julia_at(int x, int y, int dim) {
    const float scale = 1.5;
    float jx = scale * (float)(dim / 2 - x) / (dim / 2);
    float jy = scale * (float)(dim / 2 - y) / (dim / 2);
    cuComplex c(-0.8, 0.156);
    cuComplex a(jx, jy);
    int i = 0;
    for (i = 0; i < 200; i++) {
        a = a * a + c;
        if (a.magnitude2() > 1000) return 0;
    }
    return 1;
}

__global__ void julia(unsigned char* ptr, int dim) {
    int x = blockIdx.x;
    int y = blockIdx.y;
    int offset = x + y * gridDim.x;
    int juliaValue = julia_at(x, y, dim);
    ptr[offset * 4 + 0] = 255 * juliaValue;
    ptr[offset * 4 + 1] = 0;
    ptr[offset * 4 + 2] = 0;
    ptr[offset * 4 + 3] = 255;
}

struct Sphere {
    float r, b, g;
    float radius;
    float x, y, z;
    __device__ float hit(float ox, float oy, float* n) {
        float dx = ox - x;
        float dy = oy - y;
        if (dx * dx + dy * dy < radius * radius) {
            float dz = sqrtf(radius * radius - dx * dx - dy * dy);
            *n = dz / sqrtf(radius * radius);
            return dz + z;
        }
        return -2e10f;
    }
};

__global__ void ray(Sphere* s, int spheres, unsigned char* ptr, int dim) {
    int x = threadIdx.x + blockIdx.x * blockDim.x;
    int y = threadIdx.y + blockIdx.y * blockDim.y;
    int offset = x + y * blockDim.x * gridDim.x;
    float ox = (x - dim / 2);
    float oy = (y - dim / 2);
    float r = 0, g = 0, b = 0;
    float maxz = -2e10f;
    for (int i = 0; i < spheres; i++) {
        float n;
        float t = s[i].hit(ox, oy, &n);
        if (t > maxz) {
            float fscale = n;
            r = s[i].r * fscale;
            g = s[i].g * fscale;
            b = s[i].b * fscale;
            maxz = t;
        }
    }
    ptr[offset * 4 + 0] = (int)(r * 255);
    ptr[offset * 4 + 1] = (int)(g * 255);
    ptr[offset * 4 + 2] = (int)(b * 255);
    ptr[offset * 4 + 3] = 255;
}

struct Lock {
    int* mutex;
    __device__ void lock(void) {
        while (atomicCAS(mutex, 0, 1) != 0);
        __threadfence();
    }
    __device__ void unlock(void) {
        __threadfence();
        atomicExch(mutex, 0);
    }
};

__global__ void locked_sum(int* mutex, const float* x, float* total) {
    __shared__ float part;
    Lock lock;
    lock.mutex = mutex;
    if (threadIdx.x == 0) {
        part = x[blockIdx.x];
        lock.lock();
        *total += part;
        lock.unlock();
    }
}

// Structs in memory.

struct Particle {
    float x, y, z, vx, vy, vz;
};

__global__ void array_of_structs(Particle* p, float dt, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) p[i].x += p[i].vx * dt;
}

__global__ void one_of_four(float4* v) {
    int i = threadIdx.x;
    v[i].y = v[i].x + 1.0f;
}

__global__ void n_body(const float4* pos, float3* acc, int n) {
    __shared__ float4 shared_pos[32];
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    float4 mine = pos[i];
    float3 a = {0.0f, 0.0f, 0.0f};
    for (int tile = 0; tile < n / 32; tile++) {
        shared_pos[threadIdx.x] = pos[tile * 32 + threadIdx.x];
        __syncthreads();
#pragma unroll
        for (int j = 0; j < 32; j++) {
            float3 r;
            r.x = shared_pos[j].x - mine.x;
            r.y = shared_pos[j].y - mine.y;
            r.z = shared_pos[j].z - mine.z;
            float d = r.x * r.x + r.y * r.y + r.z * r.z + 0.01f;
            float inv = rsqrtf(d * d * d);
            float s = shared_pos[j].w * inv;
            a.x += r.x * s;
            a.y += r.y * s;
            a.z += r.z * s;
        }
        __syncthreads();
    }
    acc[i] = a;
}

// llm.c.

__device__ float lerp(float start, float end, float weight) {
    return fma(weight, end, fma(-weight, start, start));
}

__global__ void adamw(float* params, const float* grads, float* m_memory, float* v_memory, long n, float rate,
                      float beta1, float beta2, float beta1_correction, float beta2_correction, float eps,
                      float decay) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    float grad = grads[i];
    float m = m_memory[i];
    float v = v_memory[i];
    m = lerp(grad, m, beta1);
    m_memory[i] = m;
    v = lerp(grad * grad, v, beta2);
    v_memory[i] = v;
    m /= beta1_correction;
    v /= beta2_correction;
    params[i] -= rate * (m / (sqrtf(v) + eps) + decay * params[i]);
}

__global__ void gelu_wrong(const float* inp, float* out, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        float xi = inp[i];
        float cube = 0.044715 * xi * xi * xi;
        out[i] = 0.5f * xi * (1.0f + tanhf(0.7978845608f * (xi + cube)));
    }
}

__device__ float warpReduceMax(float val) {
    for (int offset = 16; offset > 0; offset /= 2) val = fmaxf(val, __shfl_down_sync(0xFFFFFFFF, val, offset));
    return val;
}

__device__ float warpReduceSum(float val) {
    for (int offset = 16; offset > 0; offset /= 2) val += __shfl_down_sync(0xFFFFFFFF, val, offset);
    return val;
}

__global__ void softmax_forward(float* out, const float* inp, int N, int C) {
    extern __shared__ float shared[];
    int idx = blockIdx.x;
    int tid = threadIdx.x;
    int warpId = threadIdx.x / 32;
    int laneId = threadIdx.x % 32;
    int warpsPerBlock = blockDim.x / 32;
    float* maxvals = shared;
    float* sumvals = &shared[warpsPerBlock];
    const float* x = inp + idx * C;
    float maxval = -3.4e38f;
    for (int i = tid; i < C; i += blockDim.x) maxval = fmaxf(maxval, x[i]);
    maxval = warpReduceMax(maxval);
    if (laneId == 0) maxvals[warpId] = maxval;
    __syncthreads();
    if (tid == 0) {
        float val = maxvals[tid];
        for (int i = 1; i < warpsPerBlock; i++) val = fmaxf(val, maxvals[i]);
        maxvals[0] = val;
    }
    __syncthreads();
    float offset = maxvals[0];
    for (int i = tid; i < C; i += blockDim.x) out[idx * C + i] = expf(x[i] - offset);
    x = out + idx * C;
    float sumval = 0.0f;
    for (int i = tid; i < C; i += blockDim.x) sumval += x[i];
    sumval = warpReduceSum(sumval);
    if (laneId == 0) sumvals[warpId] = sumval;
    __syncthreads();
    if (tid == 0) {
        float val = sumvals[tid];
        for (int i = 1; i < warpsPerBlock; ++i) val += sumvals[i];
        sumvals[0] = val;
    }
    __syncthreads();
    float sum = sumvals[0];
    for (int i = tid; i < C; i += blockDim.x) out[idx * C + i] = x[i] / sum;
}

// A matmul with a tile of results a thread, and float4 loads.

template <const int BM, const int BN, const int BK, const int TM, const int TN>
__device__ void sgemm(int M, int N, int K, float alpha, float* A, float* B, float beta, float* C) {
    const unsigned int cRow = blockIdx.y;
    const unsigned int cCol = blockIdx.x;
    const int threadCol = threadIdx.x % (BN / TN);
    const int threadRow = threadIdx.x / (BN / TN);
    __shared__ float As[BM * BK];
    __shared__ float Bs[BK * BN];
    A += cRow * BM * K;
    B += cCol * BN;
    C += cRow * BM * N + cCol * BN;
    const unsigned int innerRowA = threadIdx.x / (BK / 4);
    const unsigned int innerColA = threadIdx.x % (BK / 4);
    const unsigned int innerRowB = threadIdx.x / (BN / 4);
    const unsigned int innerColB = threadIdx.x % (BN / 4);
    float threadResults[TM * TN] = {0.0};
    float regM[TM] = {0.0};
    float regN[TN] = {0.0};
    for (unsigned int bkIdx = 0; bkIdx < K; bkIdx += BK) {
        float4 tmp = reinterpret_cast<float4*>(&A[innerRowA * K + innerColA * 4])[0];
        As[(innerColA * 4 + 0) * BM + innerRowA] = tmp.x;
        As[(innerColA * 4 + 1) * BM + innerRowA] = tmp.y;
        As[(innerColA * 4 + 2) * BM + innerRowA] = tmp.z;
        As[(innerColA * 4 + 3) * BM + innerRowA] = tmp.w;
        reinterpret_cast<float4*>(&Bs[innerRowB * BN + innerColB * 4])[0] =
            reinterpret_cast<float4*>(&B[innerRowB * N + innerColB * 4])[0];
        __syncthreads();
        A += BK;
        B += BK * N;
        for (unsigned int dotIdx = 0; dotIdx < BK; ++dotIdx) {
            for (unsigned int i = 0; i < TM; ++i) regM[i] = As[dotIdx * BM + threadRow * TM + i];
            for (unsigned int i = 0; i < TN; ++i) regN[i] = Bs[dotIdx * BN + threadCol * TN + i];
            for (unsigned int resIdxM = 0; resIdxM < TM; ++resIdxM) {
                for (unsigned int resIdxN = 0; resIdxN < TN; ++resIdxN) {
                    threadResults[resIdxM * TN + resIdxN] += regM[resIdxM] * regN[resIdxN];
                }
            }
        }
        __syncthreads();
    }
    for (unsigned int resIdxM = 0; resIdxM < TM; resIdxM += 1) {
        for (unsigned int resIdxN = 0; resIdxN < TN; resIdxN += 4) {
            float4 tmp = reinterpret_cast<float4*>(&C[(threadRow * TM + resIdxM) * N + threadCol * TN + resIdxN])[0];
            tmp.x = alpha * threadResults[resIdxM * TN + resIdxN] + beta * tmp.x;
            tmp.y = alpha * threadResults[resIdxM * TN + resIdxN + 1] + beta * tmp.y;
            tmp.z = alpha * threadResults[resIdxM * TN + resIdxN + 2] + beta * tmp.z;
            tmp.w = alpha * threadResults[resIdxM * TN + resIdxN + 3] + beta * tmp.w;
            reinterpret_cast<float4*>(&C[(threadRow * TM + resIdxM) * N + threadCol * TN + resIdxN])[0] = tmp;
        }
    }
}

__global__ void sgemm_4x4(int M, int N, int K, float alpha, float* A, float* B, float beta, float* C) {
    sgemm<32, 32, 8, 4, 4>(M, N, K, alpha, A, B, beta, C);
}

// Atomics and warps.

__device__ double atomicAddDouble(double* address, double val) {
    unsigned long long int* address_as_ull = (unsigned long long int*)address;
    unsigned long long int old = *address_as_ull, assumed;
    do {
        assumed = old;
        old = atomicCAS(address_as_ull, assumed, __double_as_longlong(val + __longlong_as_double(assumed)));
    } while (assumed != old);
    return __longlong_as_double(old);
}

__global__ void add_by_cas(double* sum, const double* x) { atomicAddDouble(sum, x[threadIdx.x]); }

__device__ int atomicAggInc(int* ctr) {
    unsigned int active = __activemask();
    int leader = __ffs(active) - 1;
    int change = __popc(active);
    unsigned int lane = threadIdx.x % 32;
    unsigned int rank = __popc(active & ((1u << lane) - 1));
    int warp_res;
    if (rank == 0) warp_res = atomicAdd(ctr, change);
    warp_res = __shfl_sync(active, warp_res, leader);
    return warp_res + rank;
}

__global__ void filter_k(int* dst, int* nres, const int* src, int n) {
    int i = threadIdx.x + blockIdx.x * blockDim.x;
    if (i >= n) return;
    if (src[i] > 0) dst[atomicAggInc(nres)] = src[i];
}

__global__ void half_warp_mask_wrong(const float* x, float* out) {
    float v = x[threadIdx.x];
    if (threadIdx.x < 16) {
        for (int d = 8; d > 0; d >>= 1) v += __shfl_down_sync(0xffffffff, v, d, 16);
    }
    if (threadIdx.x == 0) *out = v;
}

__global__ void half_warp_mask(const float* x, float* out) {
    float v = x[threadIdx.x];
    if (threadIdx.x < 16) {
        for (int d = 8; d > 0; d >>= 1) v += __shfl_down_sync(0x0000ffff, v, d, 16);
    }
    if (threadIdx.x == 0) *out = v;
}

__global__ void shuffle_segments(int* out) {
    int laneId = threadIdx.x & 0x1f;
    int value = 31 - laneId;
    out[threadIdx.x] = __shfl_sync(0xffffffff, value, 5, 8);
    for (int i = 1; i <= 4; i *= 2) {
        int n = __shfl_up_sync(0xffffffff, value, i, 8);
        if ((laneId & 7) >= i) value += n;
    }
    out[32 + threadIdx.x] = value;
}

// Scans.

__global__ void scan_double_buffer(float* g_odata, const float* g_idata, int n) {
    extern __shared__ float temp[];
    int thid = threadIdx.x;
    int pout = 0, pin = 1;
    temp[pout * n + thid] = (thid > 0) ? g_idata[thid - 1] : 0;
    __syncthreads();
    for (int offset = 1; offset < n; offset *= 2) {
        pout = 1 - pout;
        pin = 1 - pout;
        if (thid >= offset)
            temp[pout * n + thid] = temp[pin * n + thid] + temp[pin * n + thid - offset];
        else
            temp[pout * n + thid] = temp[pin * n + thid];
        __syncthreads();
    }
    g_odata[thid] = temp[pout * n + thid];
}

__global__ void scan_in_place_wrong(float* data) {
    __shared__ float XY[64];
    XY[threadIdx.x] = data[threadIdx.x];
    for (unsigned int stride = 1; stride < blockDim.x; stride *= 2) {
        __syncthreads();
        if (threadIdx.x >= stride) XY[threadIdx.x] += XY[threadIdx.x - stride];
    }
    data[threadIdx.x] = XY[threadIdx.x];
}

__global__ void blelloch(float* g_odata, const float* g_idata, int n) {
    extern __shared__ float temp[];
    int thid = threadIdx.x;
    int offset = 1;
    temp[2 * thid] = g_idata[2 * thid];
    temp[2 * thid + 1] = g_idata[2 * thid + 1];
    for (int d = n >> 1; d > 0; d >>= 1) {
        __syncthreads();
        if (thid < d) {
            int ai = offset * (2 * thid + 1) - 1;
            int bi = offset * (2 * thid + 2) - 1;
            temp[bi] += temp[ai];
        }
        offset *= 2;
    }
    if (thid == 0) temp[n - 1] = 0;
    for (int d = 1; d < n; d *= 2) {
        offset >>= 1;
        __syncthreads();
        if (thid < d) {
            int ai = offset * (2 * thid + 1) - 1;
            int bi = offset * (2 * thid + 2) - 1;
            float t = temp[ai];
            temp[ai] = temp[bi];
            temp[bi] += t;
        }
    }
    __syncthreads();
    g_odata[2 * thid] = temp[2 * thid];
    g_odata[2 * thid + 1] = temp[2 * thid + 1];
}

__device__ inline void comparator(unsigned int& a, unsigned int& b, unsigned int dir) {
    if ((a > b) == dir) {
        unsigned int t = a;
        a = b;
        b = t;
    }
}

__global__ void bitonic(unsigned int* data) {
    __shared__ unsigned int s[128];
    s[threadIdx.x] = data[threadIdx.x];
    s[threadIdx.x + 64] = data[threadIdx.x + 64];
    for (unsigned int size = 2; size < 128; size <<= 1) {
        unsigned int ddd = 1 ^ ((threadIdx.x & (size / 2)) != 0);
        for (unsigned int stride = size / 2; stride > 0; stride >>= 1) {
            __syncthreads();
            unsigned int pos = 2 * threadIdx.x - (threadIdx.x & (stride - 1));
            comparator(s[pos + 0], s[pos + stride], ddd);
        }
    }
    for (unsigned int stride = 64; stride > 0; stride >>= 1) {
        __syncthreads();
        unsigned int pos = 2 * threadIdx.x - (threadIdx.x & (stride - 1));
        comparator(s[pos + 0], s[pos + stride], 1);
    }
    __syncthreads();
    data[threadIdx.x] = s[threadIdx.x];
    data[threadIdx.x + 64] = s[threadIdx.x + 64];
}

// Signs and sizes.

__global__ void blur_unsigned_wrong(const float* in, float* out, int n) {
    unsigned int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) {
        float sum = 0.0f;
        int count = 0;
        if (i - 1 >= 0) {
            sum += in[i - 1];
            count++;
        }
        sum += in[i];
        count++;
        if (i + 1 < n) {
            sum += in[i + 1];
            count++;
        }
        out[i] = sum / count;
    }
}

__global__ void to_grayscale(unsigned char* gray, const unsigned char* rgb, int width, int height) {
    int col = blockIdx.x * blockDim.x + threadIdx.x;
    int row = blockIdx.y * blockDim.y + threadIdx.y;
    if (col < width && row < height) {
        int grayOffset = row * width + col;
        int rgbOffset = grayOffset * 3;
        unsigned char r = rgb[rgbOffset];
        unsigned char g = rgb[rgbOffset + 1];
        unsigned char b = rgb[rgbOffset + 2];
        gray[grayOffset] = 0.21f * r + 0.71f * g + 0.07f * b;
    }
}

__global__ void grayscale_guard_wrong(unsigned char* gray, const unsigned char* rgb, int width, int height) {
    int col = blockIdx.x * blockDim.x + threadIdx.x;
    int row = blockIdx.y * blockDim.y + threadIdx.y;
    if (col < width || row < height) gray[row * width + col] = rgb[(row * width + col) * 3];
}

__global__ void offset_overflow_wrong(float* a, int row, int width) {
    int at = row * width + threadIdx.x;
    a[at] = 1.0f;
}

__global__ void carved(float* out, int n) {
    extern __shared__ float array[];
    short* array0 = (short*)array;
    float* array1 = (float*)&array0[128];
    int* array2 = (int*)&array1[64];
    array1[threadIdx.x] = threadIdx.x;
    array2[threadIdx.x] = threadIdx.x * 2;
    __syncthreads();
    out[threadIdx.x] = array1[63 - threadIdx.x] + array2[63 - threadIdx.x];
}

__device__ unsigned int retirementCount = 0;

__global__ void reduce_single_pass(const float* g_idata, float* g_odata, unsigned int n) {
    __shared__ float smem[32];
    unsigned int tid = threadIdx.x;
    unsigned int i = blockIdx.x * 32 + tid;
    float mine = i < n ? g_idata[i] : 0.0f;
    for (int d = 16; d; d >>= 1) mine += __shfl_xor_sync(~0u, mine, d);
    if (tid == 0) g_odata[blockIdx.x] = mine;
    if (gridDim.x > 1) {
        __shared__ bool amLast;
        __threadfence();
        if (tid == 0) {
            unsigned int ticket = atomicInc(&retirementCount, gridDim.x);
            amLast = (ticket == gridDim.x - 1);
        }
        __syncthreads();
        if (amLast) {
            smem[tid] = tid < gridDim.x ? g_odata[tid] : 0.0f;
            __syncthreads();
            if (tid == 0) {
                float all = 0;
                for (int k = 0; k < 32; k++) all += smem[k];
                g_odata[0] = all;
                retirementCount = 0;
            }
        }
    }
}

__global__ void no_fence_wrong(const float* x, float* parts, float* out, unsigned int* count) {
    __shared__ bool last;
    if (threadIdx.x == 0) {
        parts[blockIdx.x] = x[blockIdx.x];
        last = atomicInc(count, gridDim.x) == gridDim.x - 1;
    }
    __syncthreads();
    if (last && threadIdx.x == 0) {
        float sum = 0;
        for (int i = 0; i < gridDim.x; i++) sum += parts[i];
        *out = sum;
    }
}
