// out = a · b for row-major float32 matrices a (m, k), b (k, n), out (m, n), or batches of them.
//
// Reading a number from global memory takes hundreds of cycles, multiplying two takes four. So each
// number that is fetched has to be used many times, at three levels:
//
//   block    128 × 128 of out. It walks along k in steps of 8 and keeps the two strips it needs
//            in shared memory: each number read from global memory is used 128 times.
//   warp     32 × 64 of that. Its 32 threads stand 4 × 8, so that what they read from shared
//            memory together is one or two runs of neighbours: no two of them hit the same bank
//            with different words.
//   thread   8 × 8 of that, in registers: for 16 numbers read from shared memory, 64 multiply-adds.
//
// While one pair of strips is being multiplied, the next is already on its way into registers, and
// then goes into a second pair of buffers. So one barrier a step is enough.

constexpr int BLOCK_M = 128, BLOCK_N = 128, BLOCK_K = 8;
constexpr int WARP_M = 32, WARP_N = 64;
constexpr int THREADS = 256;  // 8 warps: 4 along m, 2 along n

// a's strip lies transposed, so that a thread's four rows are neighbours. The padding of four floats
// puts line 4 sixteen banks from line 0: the 32 threads of a warp, which write 16 rows of both at
// once, then hit 32 different banks.
constexpr int STRIDE_A = BLOCK_M + 4;

struct Tile {
    float a[BLOCK_K][STRIDE_A];
    float b[BLOCK_K][BLOCK_N];
};

// Four neighbours of a row, zeros beyond the matrix. ALIGNED: the row length is a multiple of four
// and the matrix starts on 16 bytes, so that four neighbours are one load, all inside or all out.
template <bool ALIGNED>
__device__ __forceinline__ float4 load4(const float* matrix, int rows, int columns, int row,
                                        int column) {
    float4 value = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    const float* place = matrix + (long long)row * columns + column;
    if (row < rows) {
        if (ALIGNED) {
            if (column < columns) value = *reinterpret_cast<const float4*>(place);
        } else {
            if (column + 0 < columns) value.x = place[0];
            if (column + 1 < columns) value.y = place[1];
            if (column + 2 < columns) value.z = place[2];
            if (column + 3 < columns) value.w = place[3];
        }
    }
    return value;
}

template <bool ALIGNED>
__device__ __forceinline__ void store4(float* matrix, int rows, int columns, int row, int column,
                                       const float* value) {
    float* place = matrix + (long long)row * columns + column;
    if (row < rows) {
        if (ALIGNED) {
            if (column < columns) {
                *reinterpret_cast<float4*>(place) =
                    make_float4(value[0], value[1], value[2], value[3]);
            }
        } else {
            for (int i = 0; i < 4; ++i) {
                if (column + i < columns) place[i] = value[i];
            }
        }
    }
}

// The float4 of each strip that a thread carries from global to shared memory.
struct Carried {
    float4 a, b;
};

template <bool ALIGNED>
__device__ __forceinline__ Carried fetch(const float* a, const float* b, int m, int n, int k,
                                         int first_row, int first_column, int step) {
    int thread = threadIdx.x;
    Carried carried;
    // a: two threads to a row of 8. b: a warp to a row of 128.
    carried.a = load4<ALIGNED>(a, m, k, first_row + thread / 2, step + thread % 2 * 4);
    carried.b = load4<ALIGNED>(b, k, n, step + thread / 32, first_column + thread % 32 * 4);
    return carried;
}

__device__ __forceinline__ void put(Tile& tile, const Carried& carried) {
    int row = threadIdx.x / 2, line = threadIdx.x % 2 * 4;
    tile.a[line + 0][row] = carried.a.x;
    tile.a[line + 1][row] = carried.a.y;
    tile.a[line + 2][row] = carried.a.z;
    tile.a[line + 3][row] = carried.a.w;
    *reinterpret_cast<float4*>(&tile.b[threadIdx.x / 32][threadIdx.x % 32 * 4]) = carried.b;
}

__device__ __forceinline__ void spread(float* to, float4 from) {
    to[0] = from.x;
    to[1] = from.y;
    to[2] = from.z;
    to[3] = from.w;
}

template <bool ALIGNED>
__device__ __forceinline__ void matmul_block(const float* a, const float* b, float* out, int m,
                                             int n, int k) {
    __shared__ __align__(16) Tile tiles[2];

    int first_row = blockIdx.y * BLOCK_M, first_column = blockIdx.x * BLOCK_N;
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    // The thread's rows are 4 from `row` on and 4 from row + 16 on; its columns are 4 from
    // `column` on and 4 from column + 32 on. So neighbouring lanes read neighbouring float4.
    int row = warp / 2 * WARP_M + lane / 8 * 4;
    int column = warp % 2 * WARP_N + lane % 8 * 4;

    float total[8][8] = {};
    Carried carried = fetch<ALIGNED>(a, b, m, n, k, first_row, first_column, 0);
    put(tiles[0], carried);
    __syncthreads();

    int now = 0;
    for (int step = 0; step < k; step += BLOCK_K) {
        bool more = step + BLOCK_K < k;
        if (more) {
            carried = fetch<ALIGNED>(a, b, m, n, k, first_row, first_column, step + BLOCK_K);
        }
        const Tile& tile = tiles[now];
#pragma unroll
        for (int line = 0; line < BLOCK_K; ++line) {
            float left[8], right[8];
            spread(left, *reinterpret_cast<const float4*>(&tile.a[line][row]));
            spread(left + 4, *reinterpret_cast<const float4*>(&tile.a[line][row + 16]));
            spread(right, *reinterpret_cast<const float4*>(&tile.b[line][column]));
            spread(right + 4, *reinterpret_cast<const float4*>(&tile.b[line][column + 32]));
#pragma unroll
            for (int i = 0; i < 8; ++i) {
#pragma unroll
                for (int j = 0; j < 8; ++j) {
                    total[i][j] += left[i] * right[j];
                }
            }
        }
        if (more) {
            // Nobody reads this buffer: all have passed the barrier behind its last use.
            put(tiles[1 - now], carried);
            __syncthreads();
            now = 1 - now;
        }
    }

#pragma unroll
    for (int i = 0; i < 8; ++i) {
        int out_row = first_row + row + i % 4 + i / 4 * 16;
        store4<ALIGNED>(out, m, n, out_row, first_column + column, total[i]);
        store4<ALIGNED>(out, m, n, out_row, first_column + column + 32, total[i] + 4);
    }
}

// One matrix product for each blockIdx.z. A batch stride of 0 uses the same matrix again and again.
// Two blocks of 256 threads to a multiprocessor leave each thread 128 registers.
extern "C" __global__ void __launch_bounds__(THREADS, 2)
    matmul_aligned(const float* a, const float* b, float* out, int m, int n, int k,
                   long long stride_a, long long stride_b) {
    long long batch = blockIdx.z;
    matmul_block<true>(a + batch * stride_a, b + batch * stride_b, out + batch * m * n, m, n, k);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2)
    matmul_ragged(const float* a, const float* b, float* out, int m, int n, int k,
                  long long stride_a, long long stride_b) {
    long long batch = blockIdx.z;
    matmul_block<false>(a + batch * stride_a, b + batch * stride_b, out + batch * m * n, m, n, k);
}
