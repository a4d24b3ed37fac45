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

__global__ void histogram_wrong(const unsigned char* buffer, long size, unsigned int* histo) {
    int i = threadIdx.x + blockIdx.x * blockDim.x;
    int stride = blockDim.x * gridDim.x;
    while (i < size) {
        histo[buffer[i]]++;
        i += stride;
    }
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

__global__ void half_warp_mask_wrong(const float* x, float* out) {
    float v = x[threadIdx.x];
    if (threadIdx.x < 16) {
        for (int d = 8; d > 0; d >>= 1) v += __shfl_down_sync(0xffffffff, v, d, 16);
    }
    if (threadIdx.x == 0) *out = v;
}

// Scans.

__global__ void scan_in_place_wrong(float* data) {
    __shared__ float XY[64];
    XY[threadIdx.x] = data[threadIdx.x];
    for (unsigned int stride = 1; stride < blockDim.x; stride *= 2) {
        __syncthreads();
        if (threadIdx.x >= stride) XY[threadIdx.x] += XY[threadIdx.x - stride];
    }
    data[threadIdx.x] = XY[threadIdx.x];
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
