"""Step tests of module 05."""

import numpy as np

from tinytorch import cnn
from tinytorch.activations import ReLU
from tinytorch.tensor import Tensor
from tinytorch_ls.gradients import gradients
from tinytorch_ls.lesson import step

# A zero that somebody wrote: the first of scikit-learn's digits, ink from 0 to 16.
DIGIT = (
    (0, 0, 5, 13, 9, 1, 0, 0),
    (0, 0, 13, 15, 10, 15, 5, 0),
    (0, 3, 15, 2, 0, 11, 8, 0),
    (0, 4, 12, 0, 0, 8, 8, 0),
    (0, 5, 8, 0, 0, 9, 8, 0),
    (0, 4, 11, 0, 1, 12, 7, 0),
    (0, 2, 14, 5, 10, 12, 0, 0),
    (0, 0, 6, 13, 10, 0, 0, 0),
)


def pattern(*shape, every=7, lowest=-2, dtype=np.float32):
    """Whole numbers that come again after `every` of them, so that no two places look alike."""
    return Tensor((np.arange(np.prod(shape)) % every + lowest).reshape(shape).astype(dtype))


@step("output-size")
def test_a_window_slides_one_pixel_at_a_time(expect):
    expect(cnn.conv_output_size(7, 3)).equals(5, because="it may begin at 0, 1, 2, 3 and 4")
    expect(cnn.conv_output_size(12, 5)).equals(8, because="it may begin at 0 to 7")


@step("output-size")
def test_a_window_as_long_as_the_side_fits_once(expect):
    expect(cnn.conv_output_size(6, 6)).equals(1, because="it can't move, and it fits")
    expect(cnn.conv_output_size(6, 1)).equals(6, because="a window of one pixel fits at each")


@step("output-size")
def test_a_stride_leaves_places_out(expect):
    expect(cnn.conv_output_size(7, 3, stride=2)).equals(3, because="0, 2 and 4")
    expect(cnn.conv_output_size(11, 3, 4)).equals(3, because="0, 4 and 8")


@step("output-size")
def test_a_window_that_hangs_over_is_left_out(expect):
    expect(cnn.conv_output_size(8, 3, stride=2)).equals(
        3, because="at 6 it would need pixel 8, and the last one is 7"
    )
    expect(cnn.conv_output_size(224, 11, stride=4)).equals(
        54, because="the window begins last at 212, which is 53 strides from the first place"
    )
    expect(cnn.conv_output_size(4, 3, stride=5)).equals(1, because="one stride leads over the end")


@step("output-size")
def test_a_frame_is_at_both_ends(expect):
    expect(cnn.conv_output_size(28, 5, padding=2)).equals(
        28, because="32 pixels with the frame: a window of 5 with a frame of 2 keeps the size"
    )
    expect(cnn.conv_output_size(28, 5, 3, 2)).equals(10, because="0, 3, … 27 of the 32 pixels")
    expect(cnn.conv_output_size(2, 3, 1, 1)).equals(2, because="with the frame there are 4 pixels")


@step("pad")
def test_a_frame_of_zeros(expect):
    expect(cnn.pad2d(Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), 1)).equals(
        [[0, 0, 0, 0, 0], [0, 1, 2, 3, 0], [0, 4, 5, 6, 0], [0, 0, 0, 0, 0]],
        because="one pixel more on each of the four sides",
    )


@step("pad")
def test_height_and_width_have_frames_of_their_own(expect):
    expect(cnn.pad2d(Tensor([[1.0, 2.0, 3.0]]), (1, 2))).equals(
        [[0] * 7, [0, 0, 1, 2, 3, 0, 0], [0] * 7],
        because="one row above and below, two columns left and right",
    )
    expect(cnn.pad2d(Tensor([[1.0, 2.0, 3.0]]), (2, 0))).equals(
        [[0] * 3, [0] * 3, [1, 2, 3], [0] * 3, [0] * 3], because="two rows, and no column"
    )


@step("pad")
def test_only_the_last_two_dimensions_grow(expect):
    expect(cnn.pad2d(pattern(3, 1, 2), 1).shape).equals(
        (3, 3, 4), because="three channels of 1 x 2 become three of 3 x 4"
    )
    x = Tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])
    expect(cnn.pad2d(x, (0, 1))).equals(
        [[[[0, 1, 2, 0]], [[0, 3, 4, 0]]]], because="one image of two channels before and after"
    )


@step("pad")
def test_a_frame_of_another_value(expect):
    expect(cnn.pad2d(Tensor([[-1.0, 2.0]]), (0, 1), value=-np.inf)).equals(
        [[-np.inf, -1, 2, -np.inf]], because="the frame is made of the value that was asked for"
    )
    expect(cnn.pad2d(Tensor([[5]]), 1, 7)).equals(
        [[7, 7, 7], [7, 5, 7], [7, 7, 7]], dtype=np.int64, because="whole numbers stay whole"
    )


@step("pad")
def test_the_dtype_of_the_image_stays(expect):
    expect(cnn.pad2d(Tensor(np.array([[0.1]])), (0, 1))).equals(
        [[0, 0.1, 0]], dtype=np.float64, because="float64 goes in and comes out"
    )
    expect(cnn.pad2d(Tensor(np.array([[200]], np.uint8)), (1, 0))).equals(
        [[0], [200], [0]], dtype=np.uint8, because="the bytes of an image stay bytes"
    )


@step("pad")
def test_the_result_has_memory_of_its_own(expect):
    x = Tensor([[1.0, 2.0]])
    framed = cnn.pad2d(x, 0)
    framed.data[0, 0] = 9.0
    expect(x).equals([[1.0, 2.0]], because="the result is another image, with or without a frame")


@step("pad")
def test_a_frame_has_no_gradient(expect):
    x = Tensor([[1.0, 2.0], [3.0, 4.0]])
    expect(gradients(lambda x: cnn.pad2d(x, (0, 1)), x)).equals(
        [[[2.0, 3.0], [6.0, 7.0]]],
        because="the places of the result count 1, 2, 3, …, and the image stands at four of them",
    )


@step("conv-loops")
def test_a_window_times_its_weights(expect):
    image = Tensor([[[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]]])
    expect(cnn.conv2d_loops(image, Tensor([[[[1.0, 2.0], [3.0, 4.0]]]]))).equals(
        [[[[27.0, 37.0], [57.0, 67.0]]]],
        because="0·1 + 1·2 + 3·3 + 4·4 is 27: the filter lies on the image as it is",
    )


@step("conv-loops")
def test_a_filter_is_as_deep_as_the_image(expect):
    ones = Tensor(np.ones((1, 3, 3, 3), np.float32))
    expect(cnn.conv2d_loops(ones, ones)).equals(
        [[[[27.0]]]], because="three channels of nine products go into one sum"
    )


@step("conv-loops")
def test_each_filter_makes_a_map(expect):
    image = Tensor([[[[1.0, 2.0, 4.0]]]])
    filters = Tensor([[[[1.0, 1.0]]], [[[-1.0, 1.0]]], [[[0.0, 10.0]]]])
    expect(cnn.conv2d_loops(image, filters)).equals(
        [[[[3.0, 6.0]], [[1.0, 2.0]], [[20.0, 40.0]]]], because="a sum, a difference, ten times one"
    )


@step("conv-loops")
def test_a_bias_for_each_filter(expect):
    image, filters = Tensor([[[[1.0, 2.0, 4.0]]]]), Tensor([[[[1.0, 1.0]]], [[[-1.0, 1.0]]]])
    expect(cnn.conv2d_loops(image, filters, Tensor([100.0, -100.0]))).equals(
        [[[[103.0, 106.0]], [[-99.0, -98.0]]]], because="map 0 has 100 more, map 1 has 100 less"
    )


@step("conv-loops")
def test_a_stride_moves_the_window_on(expect):
    image = Tensor([[[[0.0, 1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0, 9.0]]]])
    expect(cnn.conv2d_loops(image, Tensor([[[[1.0, 10.0]]]]), stride=(1, 3))).equals(
        [[[[10.0, 43.0], [65.0, 98.0]]]], because="the windows begin in columns 0 and 3"
    )
    expect(cnn.conv2d_loops(image, Tensor([[[[1.0], [10.0]]]]), stride=(2, 3))).equals(
        [[[[50.0, 83.0]]]], because="one row of places, 2 rows high; columns 0 and 3"
    )


@step("conv-loops")
def test_a_window_sees_the_frame(expect):
    image = Tensor([[[[1.0, 2.0], [3.0, 4.0]]]])
    expect(cnn.conv2d_loops(image, Tensor([[[[1.0, 10.0, 100.0]]]]), padding=(0, 1))).equals(
        [[[[210.0, 21.0], [430.0, 43.0]]]], because="left of 1 and right of 2 stands a 0"
    )


@step("conv-loops")
def test_all_settings_differ(expect):
    output = cnn.conv2d_loops(
        pattern(2, 3, 4, 5),
        pattern(2, 3, 2, 3, every=5, lowest=-1),
        Tensor([100.0, -100.0]),
        stride=(2, 1),
        padding=(0, 1),
    )
    expect(output).equals(
        [
            [
                [[122, 128, 108, 102, 88], [99, 96, 118, 126, 122]],
                [[-80, -73, -103, -84, -94], [-93, -93, -88, -62, -84]],
            ],
            [
                [[110, 118, 126, 127, 131], [122, 128, 108, 102, 88]],
                [[-102, -88, -62, -64, -76], [-80, -73, -103, -84, -94]],
            ],
        ],
        because="2 images of 3 channels under 2 filters; PyTorch gives the same numbers",
    )


@step("conv-loops")
def test_a_zero_written_by_hand_has_edges(expect):
    edges = Tensor([[[[-1.0, 0.0, 1.0]] * 3]])
    expect(cnn.conv2d_loops(Tensor([[DIGIT]]), edges, padding=1)[0, 0, 4]).equals(
        [13, 31, -13, -30, 29, 22, -29, -23],
        because="paper to ink is positive, ink to paper negative: two strokes of the pen",
    )


@step("conv-loops")
def test_whole_numbers_under_fractions(expect):
    image = Tensor([[[[1, 2, 3]]]])
    expect(cnn.conv2d_loops(image, Tensor([[[[0.5, 0.25]]]]))).equals(
        [[[[1.0, 1.75]]]], dtype=np.float32, because="the fractions of the weights stay"
    )
    half = Tensor([0.5])
    expect(cnn.conv2d_loops(image, Tensor([[[[1, 1]]]]), half)).equals(
        [[[[3.5, 5.5]]]], dtype=np.float32, because="and so do those of the bias"
    )


@step("conv-loops")
def test_the_loops_refuse_what_does_not_fit(expect):
    image = Tensor(np.ones((1, 3, 3, 3), np.float32))
    expect.raises(
        ValueError,
        cnn.conv2d_loops,
        image,
        Tensor(np.ones((2, 1, 2, 2), np.float32)),
        because="a filter of one channel is not as deep as an image of three",
    )
    expect.raises(
        ValueError,
        cnn.conv2d_loops,
        image,
        Tensor(np.ones((2, 3, 2, 2), np.float32)),
        Tensor([1.0, 2.0, 3.0]),
        because="two filters have two numbers of bias, and these are three",
    )


@step("windows")
def test_each_pixel_of_the_window_sees_the_image(expect):
    image = np.arange(12.0).reshape(3, 4)
    expect(cnn.window_views(image, (1, 2))).equals(
        [
            np.array([[0.0, 1.0, 2.0], [4.0, 5.0, 6.0], [8.0, 9.0, 10.0]]),
            np.array([[1.0, 2.0, 3.0], [5.0, 6.0, 7.0], [9.0, 10.0, 11.0]]),
        ],
        because="the left pixel of the window sees all but the last column, the right all but 0",
    )


@step("windows")
def test_the_pixels_come_row_by_row(expect):
    image = np.arange(20).reshape(4, 5)
    first = [int(view[0, 0]) for view in cnn.window_views(image, (2, 3))]
    expect(first).equals(
        [0, 1, 2, 5, 6, 7], because="at its first place the window shows the corner, row by row"
    )


@step("windows")
def test_a_stride_leaves_pixels_out(expect):
    image = np.arange(20).reshape(4, 5)
    expect([view.tolist() for view in cnn.window_views(image, (1, 2), (3, 2))]).equals(
        [[[0, 2], [15, 17]], [[1, 3], [16, 18]]],
        because="down the window moves by 3, to the right by 2; inside it pixels are neighbours",
    )


@step("windows")
def test_all_views_have_the_size_of_the_places(expect):
    views = cnn.window_views(np.zeros((6, 7)), (3, 2), (2, 3))
    expect([view.shape for view in views]).equals(
        [(2, 2)] * 6, because="two places down and two to the right, for each of the six pixels"
    )


@step("windows")
def test_images_and_channels_stay_before(expect):
    images = np.arange(24).reshape(2, 1, 3, 4)
    views = cnn.window_views(images, 2)
    expect([view.shape for view in views]).equals(
        [(2, 1, 2, 3)] * 4, because="each image and channel has its own windows"
    )
    expect(views[3].tolist()).equals(
        [[[[5, 6, 7], [9, 10, 11]]], [[[17, 18, 19], [21, 22, 23]]]],
        because="the last pixel of the window begins one row and one column later",
    )


@step("windows")
def test_nothing_is_copied(expect):
    image = np.zeros((3, 3))
    cnn.window_views(image, 2)[3][...] += 1
    expect(image.tolist()).equals(
        [[0, 0, 0], [0, 1, 1], [0, 1, 1]], because="who writes into a view writes into the image"
    )


@step("windows")
def test_a_window_that_does_not_fit_has_no_views(expect):
    expect.raises(
        ValueError,
        cnn.window_views,
        np.zeros((2, 5)),
        3,
        because="three rows don't fit into two; conv_output_size says so",
    )


@step("im2col")
def test_each_window_is_a_column(expect):
    image = Tensor([[[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]]])
    expect(cnn.im2col(image, 2)).equals(
        [[[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]],
        because="the first column is the window at the first place: 0 1 3 4",
    )


@step("im2col")
def test_a_column_has_one_channel_after_the_other(expect):
    image = Tensor([[[[0.0, 1.0, 2.0]], [[10.0, 11.0, 12.0]]]])
    expect(cnn.im2col(image, (1, 2))).equals(
        [[[0, 1], [1, 2], [10, 11], [11, 12]]],
        because="the two pixels of channel 0 come first, then those of channel 1",
    )


@step("im2col")
def test_each_image_has_its_own_columns(expect):
    images = Tensor([[[[0.0, 1.0, 2.0]]], [[[10.0, 11.0, 12.0]]], [[[20.0, 21.0, 22.0]]]])
    expect(cnn.im2col(images, (1, 2))).equals(
        [[[0, 1], [1, 2]], [[10, 11], [11, 12]], [[20, 21], [21, 22]]],
        because="three images of two windows",
    )


@step("im2col")
def test_images_of_several_channels(expect):
    images = Tensor([[[[0.0, 1.0]], [[10.0, 11.0]]], [[[20.0, 21.0]], [[30.0, 31.0]]]])
    expect(cnn.im2col(images, (1, 2))).equals(
        [[[0], [1], [10], [11]], [[20], [21], [30], [31]]],
        because="each image has one window, and its column both channels",
    )


@step("im2col")
def test_all_settings_of_the_columns_differ(expect):
    image = Tensor(np.arange(40.0, dtype=np.float32).reshape(1, 2, 4, 5))
    expect(cnn.im2col(image, (2, 3), stride=(2, 1), padding=(0, 1))).equals(
        [
            [
                [0, 0, 1, 2, 3, 0, 10, 11, 12, 13],
                [0, 1, 2, 3, 4, 10, 11, 12, 13, 14],
                [1, 2, 3, 4, 0, 11, 12, 13, 14, 0],
                [0, 5, 6, 7, 8, 0, 15, 16, 17, 18],
                [5, 6, 7, 8, 9, 15, 16, 17, 18, 19],
                [6, 7, 8, 9, 0, 16, 17, 18, 19, 0],
                [0, 20, 21, 22, 23, 0, 30, 31, 32, 33],
                [20, 21, 22, 23, 24, 30, 31, 32, 33, 34],
                [21, 22, 23, 24, 0, 31, 32, 33, 34, 0],
                [0, 25, 26, 27, 28, 0, 35, 36, 37, 38],
                [25, 26, 27, 28, 29, 35, 36, 37, 38, 39],
                [26, 27, 28, 29, 0, 36, 37, 38, 39, 0],
            ]
        ],
        because="2 channels of 2 x 3 pixels make 12 rows; 2 x 5 places make 10 columns",
    )


@step("im2col")
def test_the_columns_keep_the_dtype(expect):
    expect(cnn.im2col(Tensor(np.array([[[[0.1, -0.2]]]])), 1)).equals(
        [[[0.1, -0.2]]],
        dtype=np.float64,
        because="they are the pixels themselves, in another order",
    )


@step("im2col")
def test_a_pixel_has_a_gradient_from_each_of_its_columns(expect):
    image = Tensor([[[[1.0, 2.0, 3.0]]]])
    expect(gradients(lambda image: cnn.im2col(image, (1, 2)), image)).equals(
        [[[[[1.0, 5.0, 4.0]]]]],
        because="the four places count 1, 2, 3, 4; the middle pixel stands at 2 and at 3",
    )


@step("conv")
def test_one_filter_over_one_image(expect):
    image = Tensor([[[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]]])
    expect(cnn.conv2d(image, Tensor([[[[1.0, 2.0], [3.0, 4.0]]]]))).equals(
        [[[[27.0, 37.0], [57.0, 67.0]]]], because="the row 1 2 3 4 times each column"
    )


@step("conv")
def test_two_filters_over_two_images(expect):
    images = Tensor([[[[1.0, 2.0, 4.0]]], [[[10.0, 20.0, 40.0]]]])
    filters = Tensor([[[[1.0, 1.0]]], [[[-1.0, 1.0]]]])
    expect(cnn.conv2d(images, filters)).equals(
        [[[[3.0, 6.0]], [[1.0, 2.0]]], [[[30.0, 60.0]], [[10.0, 20.0]]]],
        because="the sums and the differences of image 0, then those of image 1",
    )


@step("conv")
def test_the_bias_goes_along_the_filters(expect):
    image, filters = Tensor([[[[1.0, 2.0, 4.0]]]]), Tensor([[[[1.0, 1.0]]], [[[-1.0, 1.0]]]])
    expect(cnn.conv2d(image, filters, Tensor([100.0, -100.0]))).equals(
        [[[[103.0, 106.0]], [[-99.0, -98.0]]]], because="map 0 has 100 more, map 1 has 100 less"
    )
    expect(cnn.conv2d(image, filters, Tensor([0.0, 0.0]))).equals(
        [[[[3.0, 6.0]], [[1.0, 2.0]]]], because="a bias of zeros adds nothing"
    )


@step("conv")
def test_your_loops_say_the_same(expect):
    images, filters = pattern(2, 3, 4, 6), pattern(4, 3, 2, 3, every=5, lowest=-1)
    call = (images, filters, Tensor([100.0, -100.0, 10.0, 0.0]), (2, 3), (0, 1))
    expect(cnn.conv2d(*call)).equals(
        cnn.conv2d_loops(*call).tolist(),
        because="2 images, 3 channels, 4 filters of 2 x 3, strides 2 and 3: all of it differs",
    )


@step("conv")
def test_your_loops_say_the_same_without_a_bias(expect):
    call = (pattern(3, 2, 5, 4), pattern(2, 2, 3, 1, every=5, lowest=-1), None, (1, 2), (2, 0))
    expect(cnn.conv2d(*call)).equals(
        cnn.conv2d_loops(*call).tolist(), because="what the definition says is right"
    )


@step("conv")
def test_the_dtype_of_a_convolution(expect):
    image = Tensor(np.array([[[[0.1, 0.2]]]]))
    expect(cnn.conv2d(image, Tensor(np.array([[[[1.0, 3.0]]]])))).equals(
        [[[[0.7]]]], dtype=np.float64, because="all of it was float64"
    )


@step("conv")
def test_what_does_not_fit_is_refused(expect):
    image, filters = pattern(1, 3, 3, 3), pattern(2, 3, 2, 2)
    expect.raises(
        ValueError,
        cnn.conv2d,
        image,
        pattern(2, 1, 2, 2),
        because="a filter of one channel is not as deep as an image of three",
    )
    expect.raises(
        ValueError,
        cnn.conv2d,
        image,
        filters,
        Tensor([1.0]),
        because="two filters have two numbers of bias, and one number would broadcast unseen",
    )


@step("conv")
def test_a_layer_keeps_weight_and_bias(expect):
    layer = cnn.Conv2d(2, 3, (1, 2), stride=(2, 1), padding=(0, 1))
    layer.weight.data[...] = pattern(3, 2, 1, 2).data
    layer.bias.data[...] = [1.0, 2.0, 3.0]
    x = pattern(1, 2, 3, 2)
    wanted = cnn.conv2d_loops(x, layer.weight, layer.bias, (2, 1), (0, 1)).tolist()
    expect(layer(x)).equals(wanted, because="Conv2d hands its settings to your conv2d")


@step("conv")
def test_a_convolution_has_gradients(expect):
    image, weight, bias = Tensor([[[[1.0, 2.0, 4.0]]]]), Tensor([[[[3.0, 5.0]]]]), Tensor([7.0])
    expect(gradients(cnn.conv2d, image, weight, bias)).equals(
        [[[[[3.0, 11.0, 10.0]]]], [[[[5.0, 10.0]]]], [3.0]],
        because="the two places count 1 and 2: 1·1 + 2·2 for the first weight, 1 + 2 for the bias",
    )


NEGATIVE = (
    (-1.0, -8.0, -4.0, -11.0, -7.0),
    (-3.0, -10.0, -6.0, -2.0, -9.0),
    (-5.0, -1.0, -8.0, -4.0, -11.0),
    (-7.0, -3.0, -10.0, -6.0, -2.0),
)


@step("pooling")
def test_the_greatest_of_each_window(expect):
    image = Tensor([[1.0, 3.0, 0.0, 2.0], [5.0, 4.0, 1.0, 1.5], [0.0, 0.0, 7.0, 8.0], [0, 0, 6, 9]])
    expect(cnn.max_pool2d(image, 2)).equals(
        [[5.0, 2.0], [0.0, 9.0]], because="windows of 2 x 2 side by side, the greatest of each"
    )


@step("pooling")
def test_the_greatest_of_negative_numbers(expect):
    expect(cnn.max_pool2d(Tensor(NEGATIVE), 2)).equals(
        [[-1.0, -2.0], [-1.0, -4.0]], because="-1 is the greatest of -1, -8, -3 and -10"
    )


@step("pooling")
def test_the_frame_never_wins(expect):
    expect(cnn.max_pool2d(Tensor([[-5.0, -3.0]]), (1, 2), padding=(0, 1))).equals(
        [[-5.0, -3.0]], because="beside the frame there is one pixel in each window, and it wins"
    )
    expect(cnn.max_pool2d(Tensor([[-3e38, -2e38]]), (1, 2), padding=(0, 1))).equals(
        [[-3e38, -2e38]], because="however small the pixels are, the frame is smaller"
    )


@step("pooling")
def test_windows_that_overlap(expect):
    expect(cnn.max_pool2d(Tensor(NEGATIVE), (3, 2), stride=(2, 1), padding=(1, 0))).equals(
        [[-1.0, -4.0, -2.0, -2.0], [-1.0, -1.0, -2.0, -2.0]],
        because="windows of 3 rows and 2 columns, moved by 2 and by 1, with a row of frame",
    )


@step("pooling")
def test_each_channel_for_itself(expect):
    images = Tensor([[[[1.0, 2.0]], [[40.0, 30.0]]], [[[5.0, 6.0]], [[-8.0, -7.0]]]])
    expect(cnn.max_pool2d(images, (1, 2))).equals(
        [[[[2.0]], [[40.0]]], [[[6.0]], [[-7.0]]]], because="two images of two channels each"
    )


@step("pooling")
def test_the_greatest_of_whole_numbers_is_whole(expect):
    expect(cnn.max_pool2d(Tensor([[-5, -3, -4, -9]]), (1, 2), padding=(0, 1))).equals(
        [[-5, -3, -9]], dtype=np.int64, because="it is one of them, and the frame is none of them"
    )
    expect(cnn.max_pool2d(Tensor(np.array([[0.1, -0.2]])), 1)).equals(
        [[0.1, -0.2]], dtype=np.float64, because="a window of one pixel changes nothing"
    )


@step("pooling")
def test_the_gradient_goes_to_the_greatest(expect):
    image = Tensor([[1.0, 5.0, 2.0, 4.0], [3.0, 0.0, 8.0, 7.0]])
    expect(gradients(lambda image: cnn.max_pool2d(image, 2), image)).equals(
        [[[0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 2.0, 0.0]]],
        because="the two results count 1 and 2, and each came from one pixel",
    )


@step("pooling")
def test_the_mean_of_each_window(expect):
    image = Tensor([[1.0, 3.0, 0.0, 2.0], [5.0, 4.0, 1.0, 1.0]])
    expect(cnn.avg_pool2d(image, 2)).equals(
        [[3.25, 1.0]], because="13 and 4, each divided by the four pixels of a window"
    )


@step("pooling")
def test_a_mean_counts_the_frame_as_zeros(expect):
    expect(cnn.avg_pool2d(Tensor([[-5.0, -3.0]]), (1, 2), padding=(0, 1))).equals(
        [[-2.5, -1.5]], because="-5 and a 0 of the frame, divided by two"
    )


@step("pooling")
def test_means_of_windows_that_overlap(expect):
    expect(cnn.avg_pool2d(Tensor(NEGATIVE) * 6.0, (3, 2), stride=(2, 1), padding=(1, 0))).equals(
        [[-22.0, -28.0, -23.0, -29.0], [-29.0, -38.0, -36.0, -34.0]],
        because="sums of six pixels, two of them of the frame in the first row, times 6 / 6",
    )


@step("pooling")
def test_the_mean_of_whole_numbers_has_fractions(expect):
    expect(cnn.avg_pool2d(Tensor([[1, 2, 5, 8]]), (1, 2))).equals(
        [[1.5, 6.5]], dtype=np.float32, because="between 1 and 2 lies 1.5"
    )
    bytes_of_ink = Tensor(np.array([[200, 201], [203, 250]], np.uint8))
    expect(cnn.avg_pool2d(bytes_of_ink, 2)).equals(
        [[213.5]], dtype=np.float32, because="854 / 4; no byte can hold 854"
    )
    expect(cnn.avg_pool2d(Tensor(np.array([[0.1, -0.3]])), 1)).equals(
        [[0.1, -0.3]], dtype=np.float64, because="float64 stays, and one pixel is its own mean"
    )


@step("pooling")
def test_the_gradient_goes_to_all_in_equal_parts(expect):
    image = Tensor([[1.0, 5.0, 2.0, 4.0], [3.0, 0.0, 8.0, 7.0]])
    expect(gradients(lambda image: cnn.avg_pool2d(image, 2), image)).equals(
        [[[0.25, 0.25, 0.5, 0.5], [0.25, 0.25, 0.5, 0.5]]],
        because="the two results count 1 and 2, and each pixel has a quarter of one",
    )


@step("pooling")
def test_pooling_layers_hand_their_settings_on(expect):
    image = Tensor(NEGATIVE)
    expect(cnn.MaxPool2d((3, 2), (2, 1), (1, 0))(image)).equals(
        [[-1.0, -4.0, -2.0, -2.0], [-1.0, -1.0, -2.0, -2.0]], because="they call your max_pool2d"
    )
    expect(cnn.AvgPool2d(2)(image)).equals(
        [[-5.5, -5.75], [-4.0, -7.0]], because="and your avg_pool2d, with windows side by side"
    )


@step("flatten")
def test_each_image_becomes_a_row(expect):
    images = pattern(2, 3, 1, 2, every=12, lowest=0)
    expect(cnn.Flatten()(images)).equals(
        [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]], because="two images of six numbers"
    )
    expect(cnn.Flatten()(pattern(4, 6, 7, 7)).shape).equals(
        (4, 294), because="the batch stays apart: 6 · 7 · 7 are 294"
    )


@step("flatten")
def test_another_dimension_to_begin_with(expect):
    images = pattern(2, 3, 4, 5)
    expect(cnn.Flatten(2)(images).shape).equals((2, 3, 20), because="the channels stay apart too")
    expect(cnn.Flatten(0)(images).shape).equals((120,), because="from the first on: one row of all")


@step("flatten")
def test_a_row_stays_a_row(expect):
    expect(cnn.Flatten()(Tensor([[1.5, 2.0], [3.0, -4.0]]))).equals(
        [[1.5, 2.0], [3.0, -4.0]], because="there is one dimension behind the batch already"
    )


@step("flatten")
def test_a_gradient_comes_back_in_the_old_shape(expect):
    images = Tensor([[[[1.0], [2.0]]], [[[3.0], [4.0]]]])
    expect(gradients(cnn.Flatten(), images)).equals(
        [[[[[1.0], [2.0]]], [[[3.0], [4.0]]]]], because="the four places count 1, 2, 3, 4"
    )


@step("receptive-field")
def test_one_layer_sees_its_window(expect):
    expect(cnn.receptive_field([(3, 1)])).equals(3, because="three pixels under the window")
    expect(cnn.receptive_field([(5, 2)])).equals(
        5, because="its own stride moves it, and widens nothing"
    )


@step("receptive-field")
def test_windows_behind_each_other(expect):
    expect(cnn.receptive_field([(3, 1), (3, 1), (3, 1)])).equals(
        7, because="each sees two neighbours more: 3, 5, 7"
    )
    expect(cnn.receptive_field([(5, 1), (1, 1), (2, 1)])).equals(
        6, because="a window of one pixel sees no neighbour"
    )


@step("receptive-field")
def test_behind_a_stride_neighbours_are_apart(expect):
    expect(cnn.receptive_field([(3, 2), (3, 1)])).equals(
        7, because="the two neighbours are two pixels apart: 3 + 2 · 2"
    )
    expect(cnn.receptive_field([(3, 1), (3, 2)])).equals(
        5, because="before the second layer there is no stride: 3 + 2"
    )


@step("receptive-field")
def test_strides_multiply(expect):
    expect(cnn.receptive_field([(3, 2), (2, 3), (4, 1)])).equals(
        23, because="3, then 1 · 2 more, then 3 · 6 more"
    )
    expect(cnn.receptive_field([(7, 2), (3, 2), (3, 1), (3, 1)])).equals(
        27, because="7, then 2 · 2, then twice 2 · 4"
    )


@step("receptive-field")
def test_layers_that_come_one_by_one(expect):
    expect(cnn.receptive_field(zip((3, 3), (2, 1), strict=True))).equals(
        7, because="whatever a `for` goes through will do, and a zip has no length"
    )


@step("receptive-field")
def test_no_layer_sees_one_pixel(expect):
    expect(cnn.receptive_field([])).equals(1, because="a pixel sees itself")


def shapes(net):
    return {name: parameter.shape for name, parameter in net.named_parameters()}


def filled(net):
    """`net` with weights that come again after seven: from -0.3 to 0.3."""
    for parameter in net.parameters():
        parameter.data[...] = pattern(*parameter.shape, lowest=-3).data / 10
    return net


@step("lenet")
def test_the_weights_of_a_lenet(expect):
    expect(shapes(cnn.LeNet())).equals(
        {
            "features.0.weight": (6, 1, 5, 5),
            "features.0.bias": (6,),
            "features.3.weight": (16, 6, 5, 5),
            "features.3.bias": (16,),
            "classifier.0.weight": (120, 400),
            "classifier.0.bias": (120,),
            "classifier.2.weight": (84, 120),
            "classifier.2.bias": (84,),
            "classifier.4.weight": (10, 84),
            "classifier.4.bias": (10,),
        },
        because="two convolutions at places 0 and 3, and three linear layers: 61,706 numbers",
    )


@step("lenet")
def test_a_lenet_for_eight_pixels(expect):
    net = cnn.LeNet(8)
    expect((shapes(net)["features.0.weight"], shapes(net)["features.3.weight"])).equals(
        ((6, 1, 3, 3), (16, 6, 3, 3)), because="small images have windows of 3"
    )
    images = pattern(2, 1, 8, 8)
    expect(net.features[0](images).shape).equals(
        (2, 6, 8, 8), because="the first convolution keeps the size: its frame is half of 3"
    )
    expect(net.features(images).shape).equals(
        (2, 64), because="8, 4, and with a frame of 1 still 4, 2: 16 · 2 · 2"
    )
    expect(net(images).shape).equals((2, 10), because="a score for each of ten classes")


@step("lenet")
def test_images_of_other_sizes(expect):
    sizes = (13, 16, 21, 4)
    expect([cnn.LeNet(n).features(pattern(1, 1, n, n)).shape[1] for n in sizes]).equals(
        [144, 64, 144, 16], because="16 maps of 3 x 3, of 2 x 2, of 3 x 3 and of 1 x 1"
    )
    expect([cnn.LeNet(n)(pattern(1, 1, n, n)).shape for n in sizes]).equals(
        [(1, 10)] * 4, because="the classifier takes what is left, whatever the size"
    )


@step("lenet")
def test_channels_and_classes_are_chosen(expect):
    net = cnn.LeNet(12, classes=3, channels=(4, 5))
    found = shapes(net)
    expect((found["features.0.weight"], found["features.3.weight"])).equals(
        ((4, 1, 3, 3), (5, 4, 3, 3)), because="four maps, then five"
    )
    expect((found["classifier.0.weight"], found["classifier.4.weight"])).equals(
        ((120, 45), (3, 84)), because="5 · 3 · 3 numbers go in, three scores come out"
    )


@step("lenet")
def test_what_the_features_compute(expect):
    net = filled(cnn.LeNet(16, channels=(2, 3)))
    x = pattern(1, 1, 16, 16, every=5)
    first, second = (cnn.Conv2d(1, 2, 5, padding=2), cnn.Conv2d(2, 3, 5))
    wanted = x
    for convolution in (filled(first), filled(second)):
        wanted = cnn.max_pool2d(ReLU()(convolution(wanted)), 2)
    expect(net.features(x)).equals(
        wanted.reshape(1, -1).tolist(),
        rtol=1e-4,
        because="convolution, ReLU and max pooling, twice, then one row",
    )


@step("lenet")
def test_what_the_classifier_computes(expect):
    net = filled(cnn.LeNet(8, classes=3, channels=(1, 2)))
    x = pattern(2, 8, every=5)
    first, second, third = (net.classifier[place] for place in (0, 2, 4))
    expect(net.classifier(x)).equals(
        third(ReLU()(second(ReLU()(first(x))))).tolist(),
        rtol=1e-4,
        because="three linear layers with a ReLU between each two, and scores at the end",
    )


@step("lenet-shapes")
def test_the_shapes_on_the_way(expect):
    net, x = cnn.LeNet(), Tensor([[_large(DIGIT)]])
    expect([net.features[:count](x).shape[1:] for count in (1, 3, 4, 6, 7)]).equals(
        [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (400,)],
        because="28 with a frame stays 28; 14 without becomes 10",
    )
    expect(sum(parameter.size for parameter in net.parameters())).equals(
        61706, because="2,572 in the convolutions and 59,134 in the linear layers"
    )


@step("lenet-shapes")
def test_one_number_sees_sixteen_pixels(expect):
    field = cnn.receptive_field([(5, 1), (2, 2), (5, 1), (2, 2)])
    expect(field).equals(16, because="5, 6, 14, 16")
    net, image = cnn.LeNet(), np.zeros((1, 1, 28, 28), np.float32)
    before = _first_numbers(net, image)
    image[..., 14:, :], image[..., 14:] = 1.0, 1.0  # with its frame of 2 it sees pixels 0 to 13
    expect(float(np.abs(_first_numbers(net, image) - before).max())).equals(
        0.0, because="the first place of the last maps begins in the frame and ends at pixel 13"
    )


@step("lenet-shapes")
def test_a_digit_that_moves_moves_its_maps(expect):
    net, image = cnn.LeNet(), np.zeros((1, 1, 28, 28), np.float32)
    image[0, 0, 6:14, 6:14] = DIGIT
    maps = net.features[0](Tensor(image)).data
    moved = net.features[0](Tensor(np.roll(image, (3, 5), (2, 3)))).data
    expect(float(np.abs(np.roll(maps, (3, 5), (2, 3)) - moved).max())).between(
        0.0, 1e-4, because="3 pixels down and 5 to the right: so far the maps went too"
    )


@step("lenet-shapes")
def test_gradients_reach_the_first_layer(expect):
    net, images = cnn.LeNet(8), Tensor([[DIGIT]])
    found = gradients(lambda *_: net(images), net.features[0].weight, net.features[0].bias)
    expect([float(np.abs(np.array(each)).max() > 0) for each in found]).equals(
        [1.0, 1.0], because="in module 07 the first layer has to hear of the last"
    )


def _large(digit):
    """The digit three times as large, with a frame of 2: 28 x 28."""
    return np.pad(np.kron(np.array(digit, np.float32), np.ones((3, 3), np.float32)), 2)


def _first_numbers(net, image):
    """What stands at the first place of the last maps."""
    maps = Tensor(image)
    for layer in list(net.features)[:-1]:
        maps = layer(maps)
    return maps.data[0, :, 0, 0]
