"""Two pictures through the same network: a method called twice, and how far apart the results are."""

import torch
import torch.nn as nn
import torch.nn.functional as F


class SiameseNetwork(nn.Module):
    def __init__(self):
        super().__init__()
        self.cnn1 = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(1, 4, kernel_size=3),
            nn.ReLU(inplace=True),
            nn.BatchNorm2d(4),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 8, kernel_size=3),
            nn.ReLU(inplace=True),
        )
        self.fc1 = nn.Sequential(nn.Linear(8 * 12 * 12, 32), nn.ReLU(inplace=True), nn.Linear(32, 5))
        self.scale = nn.Parameter(torch.ones(1))

    def forward_once(self, x):
        output = self.cnn1(x)
        output = output.view(output.size()[0], -1)
        return self.fc1(output)

    def forward(self, input1, input2):
        output1 = self.forward_once(input1)
        output2 = self.forward_once(input2)
        distance = F.pairwise_distance(output1, output2, keepdim=True)
        score = torch.exp(-torch.sum(torch.abs(output1 - output2), dim=1)) * self.scale
        return output1, output2, distance, score
