"""The models in PyTorch."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from step import CLASSES, LENGTH, VOCABULARY


def build(name: str) -> nn.Module:
    """Builds a model by its name, on inputs as they lie in memory: images are NHWC."""
    if name == "mlp":
        return nn.Sequential(
            nn.Linear(784, 256), nn.ReLU(inplace=True), nn.Linear(256, 256), nn.ReLU(inplace=True), nn.Linear(256, CLASSES)
        )
    if name == "transformer":
        return Transformer()
    return ResNet([16, 32, 64], 3) if name == "resnet20" else ResNet([64, 128, 256, 512], 2)


class ResNet(nn.Module):
    """Stages of basic blocks: each stage but the first halves the image."""

    def __init__(self, widths: list[int], blocks: int) -> None:
        super().__init__()
        layers = [_convolution(3, widths[0], 3, 1), nn.ReLU(inplace=True)]
        channels = widths[0]
        for stage, width in enumerate(widths):
            for block in range(blocks):
                layers.append(Block(channels, width, 2 if stage > 0 and block == 0 else 1))
                channels = width
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(channels, CLASSES)
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        # A view: NHWC in memory is what channels_last means.
        return self.head(self.features(x.permute(0, 3, 1, 2)).mean((2, 3)))


class Block(nn.Module):
    """Two 3x3 convolutions and a shortcut, each with batch normalization."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.first = _convolution(channels, width, 3, stride)
        self.second = _convolution(width, width, 3, 1)
        same = stride == 1 and channels == width
        self.shortcut = nn.Identity() if same else _convolution(channels, width, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        y = self.second(functional.relu(self.first(x), inplace=True))
        return functional.relu(y.add_(self.shortcut(x)), inplace=True)


def _convolution(channels: int, width: int, size: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, width, size, stride, padding=size // 2, bias=False), nn.BatchNorm2d(width, eps=1e-5, momentum=0.1)
    )


class Transformer(nn.Module):
    """An encoder of tokens, and a dense layer on the mean over the positions."""

    def __init__(self, width: int = 256, layers: int = 4) -> None:
        super().__init__()
        self.tokens = nn.Embedding(VOCABULARY, width)
        self.positions = nn.Parameter(torch.randn(LENGTH, width) * 0.02)
        self.layers = nn.Sequential(*(EncoderLayer(width) for _ in range(layers)))
        self.norm = nn.LayerNorm(width, eps=1e-5)
        self.head = nn.Linear(width, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.norm(self.layers(self.tokens(x) + self.positions)).mean(1))


class EncoderLayer(nn.Module):
    """Self-attention and a feed-forward network, each on the norm of its input and added to it."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width, eps=1e-5)
        self.query_key_value = nn.Linear(width, 3 * width)
        self.output = nn.Linear(width, width)
        self.feed_forward = nn.Sequential(
            nn.LayerNorm(width, eps=1e-5), nn.Linear(width, 4 * width), nn.ReLU(inplace=True), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        projected = self.query_key_value(self.attention_norm(x))
        q, k, v = projected.view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        attended = functional.scaled_dot_product_attention(q, k, v)
        x = x + self.output(attended.transpose(1, 2).reshape(batch, length, width))
        return x + self.feed_forward(x)
