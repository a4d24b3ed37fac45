// out = a · b for row-major float32 matrices a (m, k), b (k, n), out (m, n), or batches of them.
//
// Reading a number from global memory takes hundreds of cycles, multiplying two takes four. So each
// number that is fetched has to be used many times, at three levels. ROWS is 16, or 8 where the
// matrix is too small for large blocks to keep every multiprocessor busy:
//
//   block    8 ROWS × 128 of out. It walks along k in steps of 8 and keeps the two strips it needs
//            in shared memory: each number of a read from global memory is used 128 times, each of
//            b 8 ROWS times.
//   warp     4 ROWS × 64 of that. Its 32 threads stand 4 × 8, so that what they read from shared
//            memory together is one or two runs of neighbours: no two of them hit the same bank
//            with different words.
//   thread   ROWS × 8 of that, in registers: with 16 rows, for 24 numbers read from shared memory,
//            128 multiply-adds.
//
// What is no multiply-add takes their turn, so the loop holds little else: more than 91 of 100
// instructions are multiply-adds. Nothing in it asks where the matrix ends, see Feed. And nothing in
// it waits for memory: while one pair of strips is being multiplied, the next is already on its way
// from global memory, and while one line of them is, the next comes from shared memory.
//
// Blocks of 256 × 128, or this loop written out twice, have more multiply-adds in a hundred, and were
// slower on an H200. Two blocks on a multiprocessor wait at different times; and a loop of 34 KiB is
// perhaps too long to stay where instructions are fetched fast, one of 17 is not.

constexpr int BLOCK_N = 128, BLOCK_K = 8;
constexpr int WARP_N = 64;
constexpr int THREADS = 128;  // 4 warps: 2 along m, 2 along n

// a's strip lies transposed, so that a thread's four rows are neighbours. The padding of four floats
// puts line 4 sixteen banks from line 0: the 32 threads of a warp, which write 16 rows of both at
// once, then hit 32 different banks.
template <int ROWS>
struct Tile {
    float a[BLOCK_K][8 * ROWS + 4];
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

// What a thread carries from global to shared memory in each step: of a, a float4 in every 64 rows;
// of b, two float4.
//
// A row beyond the last of a is replaced by the last, and so is a float4 of b beyond the last column:
// what comes of them is computed and not stored. The first step takes what k leaves over from eights
// (1 to 8 lines, the rest zeros), so all other steps are FULL.
template <int ROWS, bool ALIGNED>
struct Feed {
    static constexpr int OF_A = ROWS / 8, OF_B = 2;
    const float* from_a[OF_A];
    const float* from_b;
    int columns;  // of b, from this thread's first to the last
    float4 a[OF_A], b[OF_B];

    // row and column: the block's first.
    __device__ __forceinline__ Feed(const float* a, const float* b, int m, int n, int k, int row,
                                    int column) {
        // a: two threads to a row of 8. b: a warp to a row of 128, and to the fourth after it.
#pragma unroll
        for (int i = 0; i < OF_A; ++i) {
            int mine = min(row + int(threadIdx.x) / 2 + i * 64, m - 1);
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
        for (int i = 0; i < OF_A; ++i) {
            a[i] = load4<ALIGNED>(from_a[i], FULL ? 4 : lines - line);
            from_a[i] += lines;
        }
#pragma unroll
        for (int i = 0; i < OF_B; ++i) {
            bool there = FULL || threadIdx.x / 32 + i * 4 < lines;
            b[i] = load4<ALIGNED>(from_b + (long long)(i * 4) * n, there ? columns : 0);
        }
        from_b += (long long)lines * n;
    }

    __device__ __forceinline__ void put(Tile<ROWS>& tile) const {
        int line = threadIdx.x % 2 * 4;
#pragma unroll
        for (int i = 0; i < OF_A; ++i) {
            int row = threadIdx.x / 2 + i * 64;
            tile.a[line + 0][row] = a[i].x;
            tile.a[line + 1][row] = a[i].y;
            tile.a[line + 2][row] = a[i].z;
            tile.a[line + 3][row] = a[i].w;
        }
#pragma unroll
        for (int i = 0; i < OF_B; ++i) {
            float* place = &tile.b[threadIdx.x / 32 + i * 4][threadIdx.x % 32 * 4];
            *reinterpret_cast<float4*>(place) = b[i];
        }
    }
};

// What a thread multiplies for one line of the strips. Its rows are groups of 4, from `row` on and 16
// apart; its columns are 4 from `column` on and 4 from column + 32 on. So neighbouring lanes read
// neighbouring float4.
template <int ROWS>
struct Factors {
    float left[ROWS], right[8];

    __device__ __forceinline__ void read(const Tile<ROWS>& tile, int line, int row, int column) {
#pragma unroll
        for (int i = 0; i < ROWS; i += 4) {
            spread(left + i, *reinterpret_cast<const float4*>(&tile.a[line][row + 4 * i]));
        }
        spread(right, *reinterpret_cast<const float4*>(&tile.b[line][column]));
        spread(right + 4, *reinterpret_cast<const float4*>(&tile.b[line][column + 32]));
    }

    // To and fro, as one ploughs: the last factor of a row is the first of the next, and needs not be
    // read from its register again.
    __device__ __forceinline__ void multiply(float (&total)[ROWS][8]) const {
#pragma unroll
        for (int i = 0; i < ROWS; ++i) {
#pragma unroll
            for (int step = 0; step < 8; ++step) {
                int j = i % 2 ? 7 - step : step;
                total[i][j] += left[i] * right[j];
            }
        }
    }
};

// One matrix product for each blockIdx.z. A batch stride of 0 uses the same matrix again and again.
// Blocks follow the rows along x, which takes 2³¹ of them; y and z take 65,535.
template <int ROWS, bool ALIGNED>
__device__ __forceinline__ void matmul(const float* a, const float* b, float* out, int m, int n,
                                       int k, long long stride_a, long long stride_b) {
    __shared__ __align__(16) Tile<ROWS> tiles[2];

    long long batch = blockIdx.z;
    int first_row = blockIdx.x * (8 * ROWS), first_column = blockIdx.y * BLOCK_N;
    int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    int row = warp / 2 * (4 * ROWS) + lane / 8 * 4;
    int column = warp % 2 * WARP_N + lane % 8 * 4;

    float total[ROWS][8] = {};
    Feed<ROWS, ALIGNED> feed(a + batch * stride_a, b + batch * stride_b, m, n, k, first_row,
                             first_column);
    int first = (k - 1) % BLOCK_K + 1;
    feed.template fetch<false>(n, first);
    feed.put(tiles[0]);
    __syncthreads();

    Factors<ROWS> factors[2];
    factors[0].read(tiles[0], 0, row, column);
    int now = 0;
#pragma unroll (16 / ROWS)
    for (int step = first; step < k; step += BLOCK_K) {
        feed.template fetch<true>(n, BLOCK_K);
#pragma unroll
        for (int line = 0; line < BLOCK_K; ++line) {
            if (line == BLOCK_K - 1) {
                // Nobody reads the other pair: all have passed the barrier behind its last use.
                now = 1 - now;
                feed.put(tiles[now]);
                __syncthreads();
            }
            factors[(line + 1) % 2].read(tiles[now], (line + 1) % BLOCK_K, row, column);
            factors[line % 2].multiply(total);
        }
    }
#pragma unroll
    for (int line = 0; line < BLOCK_K; ++line) {
        if (line < BLOCK_K - 1) factors[(line + 1) % 2].read(tiles[now], line + 1, row, column);
        factors[line % 2].multiply(total);
    }

    int columns = n - first_column - column;
    float* corner = out + batch * m * n + first_column + column;
#pragma unroll
    for (int i = 0; i < ROWS; ++i) {
        int out_row = first_row + row + i % 4 + i / 4 * 16;
        if (out_row < m) {
            float* place = corner + (long long)out_row * n;
            store4<ALIGNED>(place, columns, total[i]);
            store4<ALIGNED>(place + 32, columns - 32, total[i] + 4);
        }
    }
}

// Two blocks of 128 threads to a multiprocessor leave each thread 255 registers, four leave 128.
extern "C" __global__ void __launch_bounds__(THREADS, 2)
    matmul_16_aligned(const float* a, const float* b, float* out, int m, int n, int k,
                      long long stride_a, long long stride_b) {
    matmul<16, true>(a, b, out, m, n, k, stride_a, stride_b);
}

extern "C" __global__ void __launch_bounds__(THREADS, 2)
    matmul_16_ragged(const float* a, const float* b, float* out, int m, int n, int k,
                     long long stride_a, long long stride_b) {
    matmul<16, false>(a, b, out, m, n, k, stride_a, stride_b);
}

extern "C" __global__ void __launch_bounds__(THREADS, 4)
    matmul_8_aligned(const float* a, const float* b, float* out, int m, int n, int k,
                     long long stride_a, long long stride_b) {
    matmul<8, true>(a, b, out, m, n, k, stride_a, stride_b);
}

extern "C" __global__ void __launch_bounds__(THREADS, 4)
    matmul_8_ragged(const float* a, const float* b, float* out, int m, int n, int k,
                    long long stride_a, long long stride_b) {
    matmul<8, false>(a, b, out, m, n, k, stride_a, stride_b);
}
