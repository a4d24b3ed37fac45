// out = a · b for row-major float32 matrices a (m, k), b (k, n), out (m, n), or batches of them.
//
// Reading a number from global memory takes hundreds of cycles, multiplying two takes four. So each
// number that is fetched has to be used many times, at three levels. ROWS is 16, or 8 where the
// matrix is too small for large blocks to keep every multiprocessor busy:
//
//   block    16 ROWS × 128 of out. It walks along k in steps of 8 and keeps the two strips it needs
//            in shared memory: each number read from global memory is used 128 times or more.
//   warp     4 ROWS × 64 of that. Its 32 threads stand 4 × 8, so that what they read from shared
//            memory together is one or two runs of neighbours: no two of them hit the same bank
//            with different words.
//   thread   ROWS × 8 of that, in registers: with 16 rows, for 24 numbers read from shared memory,
//            128 multiply-adds.
//
// What is no multiply-add takes their turn, so the loop holds as little else as can be: 94 of 100
// instructions are multiply-adds. While one pair of strips is being multiplied, the next is already
// on its way into registers, and then goes into a second pair of buffers: one barrier a step.
// Nothing in the loop asks where the matrix ends, see Feed.

constexpr int BLOCK_N = 128, BLOCK_K = 8;
constexpr int WARP_N = 64;
constexpr int THREADS = 256;  // 8 warps: 4 along m, 2 along n

// a's strip lies transposed, so that a thread's four rows are neighbours. The padding of four floats
// puts line 4 sixteen banks from line 0: the 32 threads of a warp, which write 16 rows of both at
// once, then hit 32 different banks.
template <int ROWS>
struct Tile {
    float a[BLOCK_K][16 * ROWS + 4];
    float b[BLOCK_K][BLOCK_N];
};

// The first `count` of four neighbours, zeros for the rest. ALIGNED: they start on 16 bytes, and
// count is 0 or 4 (or more): one load.
template <bool ALIGNED>
__device__ __forceinline__ float4 load4(const float* place, int count) {
    float4 value = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    if (ALIGNED) {
        if (count > 0) value = *reinterpret_cast<const float4*>(place);
    } else {
        if (count > 0) value.x = place[0];
        if (count > 1) value.y = place[1];
        if (count > 2) value.z = place[2];
        if (count > 3) value.w = place[3];
    }
    return value;
}

template <bool ALIGNED>
__device__ __forceinline__ void store4(float* place, int count, const float* value) {
    if (ALIGNED) {
        if (count > 0) {
            *reinterpret_cast<float4*>(place) =
                make_float4(value[0], value[1], value[2], value[3]);
        }
    } else {
        for (int i = 0; i < 4; ++i) {
            if (i < count) place[i] = value[i];
        }
    }
}

__device__ __forceinline__ void spread(float* to, float4 from) {
    to[0] = from.x;
    to[1] = from.y;
    to[2] = from.z;
    to[3] = from.w;
}

// What a thread carries from global to shared memory in each step: a float4 of b, and one of a in
// every 128 rows.
//
// A row beyond the last of a is replaced by the last, and so is a float4 of b beyond the last column:
// what comes of them is computed and not stored. The first step takes what k leaves over from eights
// (1 to 8 lines, the rest zeros), so all other steps are FULL.
template <int ROWS, bool ALIGNED>
struct Feed {
    static constexpr int LOADS = ROWS / 8;
    const float* from_a[LOADS];
    const float* from_b;
    int columns;  // of b, from this thread's first to the last
    float4 a[LOADS], b;

    // row and column: the block's first.
    __device__ __forceinline__ Feed(const float* a, const float* b, int m, int n, int k, int row,
                                    int column) {
        // a: two threads to a row of 8. b: a warp to a row of 128.
#pragma unroll
        for (int i = 0; i < LOADS; ++i) {
            int mine = min(row + int(threadIdx.x) / 2 + i * 128, m - 1);
            from_a[i] = a + (long long)mine * k + threadIdx.x % 2 * 4;
        }
        column += threadIdx.x % 32 * 4;
        if (ALIGNED) column = min(column, n - 4);
        columns = ALIGNED ? 4 : n - column;
        from_b = b + (long long)(threadIdx.x / 32) * n + column;
    }

    // Fetches `lines` lines along k, and steps behind them.
    template <bool FULL>
    __device__ __forceinline__ void fetch(int n, int lines) {
        int line = threadIdx.x % 2 * 4;
#pragma unroll
        for (int i = 0; i < LOADS; ++i) {
            a[i] = load4<ALIGNED>(from_a[i], FULL ? 4 : lines - line);
            from_a[i] += lines;
        }
        b = load4<ALIGNED>(from_b, FULL || threadIdx.x / 32 < lines ? columns : 0);
        from_b += (long long)lines * n;
    }

    __device__ __forceinline__ void put(Tile<ROWS>& tile) const {
        int line = threadIdx.x % 2 * 4;
#pragma unroll
        for (int i = 0; i < LOADS; ++i) {
            int row = threadIdx.x / 2 + i * 128;
            tile.a[line + 0][row] = a[i].x;
            tile.a[line + 1][row] = a[i].y;
            tile.a[line + 2][row] = a[i].z;
            tile.a[line + 3][row] = a[i].w;
        }
        *reinterpret_cast<float4*>(&tile.b[threadIdx.x / 32][threadIdx.x % 32 * 4]) = b;
    }
};

// A thread's rows are groups of 4, from `row` on and 16 apart; its columns are 4 from `column` on and
// 4 from column + 32 on. So neighbouring lanes read neighbouring float4.
template <int ROWS>
__device__ __forceinline__ void multiply(const Tile<ROWS>& tile, int row, int column,
                                         float (&total)[ROWS][8]) {
#pragma unroll
    for (int line = 0; line < BLOCK_K; ++line) {
        float left[ROWS], right[8];
#pragma unroll
        for (int i = 0; i < ROWS; i += 4) {
            spread(left + i, *reinterpret_cast<const float4*>(&tile.a[line][row + 4 * i]));
        }
        spread(right, *reinterpret_cast<const float4*>(&tile.b[line][column]));
        spread(right + 4, *reinterpret_cast<const float4*>(&tile.b[line][column + 32]));
#pragma unroll
        for (int i = 0; i < ROWS; ++i) {
#pragma unroll
            for (int j = 0; j < 8; ++j) {
                total[i][j] += left[i] * right[j];
            }
        }
    }
}

template <int ROWS, bool ALIGNED>
__device__ __forceinline__ void matmul_block(const float* a, const float* b, float* out, int m,
                                             int n, int k) {
    __shared__ __align__(16) Tile<ROWS> tiles[2];

    int first_row = blockIdx.x * (16 * ROWS), first_column = blockIdx.y * BLOCK_N;
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    int row = warp / 2 * (4 * ROWS) + lane / 8 * 4;
    int column = warp % 2 * WARP_N + lane % 8 * 4;

    float total[ROWS][8] = {};
    Feed<ROWS, ALIGNED> feed(a, b, m, n, k, first_row, first_column);
    int first = (k - 1) % BLOCK_K + 1;
    feed.template fetch<false>(n, first);
    feed.put(tiles[0]);
    __syncthreads();

    int now = 0;
#pragma unroll 2  // so that the two buffers' addresses are constants
    for (int step = first; step < k; step += BLOCK_K) {
        feed.template fetch<true>(n, BLOCK_K);
        multiply<ROWS>(tiles[now], row, column, total);
        // Nobody reads the other buffer: all have passed the barrier behind its last use.
        now = 1 - now;
        feed.put(tiles[now]);
        __syncthreads();
    }
    multiply<ROWS>(tiles[now], row, column, total);

    int columns = n - first_column - column;
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        int out_row = first_row + row + i % 4 + i / 4 * 16;
        if (out_row < m) {
            float* place = out + (long long)out_row * n + first_column + column;
            store4<ALIGNED>(place, columns, total[i]);
            store4<ALIGNED>(place + 32, columns - 32, total[i] + 4);
        }
    }
}

// One matrix product for each blockIdx.z. A batch stride of 0 uses the same matrix again and again.
// Blocks follow the rows along x, which takes 2³¹ of them; y and z take 65,535.
template <int ROWS, bool ALIGNED>
__device__ __forceinline__ void matmul(const float* a, const float* b, float* out, int m, int n,
                                       int k, long long stride_a, long long stride_b) {
    long long batch = blockIdx.z;
    matmul_block<ROWS, ALIGNED>(a + batch * stride_a, b + batch * stride_b, out + batch * m * n, m,
                                n, k);
}

// One block of 256 threads to a multiprocessor leaves each thread 255 registers, two leave 128.
extern "C" __global__ void __launch_bounds__(THREADS, 1)
    matmul_16_aligned(const float* a, const float* b, float* out, int m, int n, int k,
                      long long stride_a, long long stride_b) {
    matmul<16, true>(a, b, out, m, n, k, stride_a, stride_b);
}

extern "C" __global__ void __launch_bounds__(THREADS, 1)
    matmul_16_ragged(const float* a, const float* b, float* out, int m, int n, int k,
                     long long stride_a, long long stride_b) {
    matmul<16, false>(a, b, out, m, n, k, stride_a, stride_b);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2)
    matmul_8_aligned(const float* a, const float* b, float* out, int m, int n, int k,
                     long long stride_a, long long stride_b) {
    matmul<8, true>(a, b, out, m, n, k, stride_a, stride_b);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2)
    matmul_8_ragged(const float* a, const float* b, float* out, int m, int n, int k,
                    long long stride_a, long long stride_b) {
    matmul<8, false>(a, b, out, m, n, k, stride_a, stride_b);
}
