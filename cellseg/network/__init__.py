"""The network: preprocessing, MobileNetV2/pix2pix U-Net, losses and input pipeline."""
