"""Trainings that take a few seconds."""

from engine.tools.train_model import TrainModel


def short_training(folder, out, **values):
    """Return the request of a training from random weights on the processor, one epoch unless told otherwise."""
    usual = {
        "in_folder": (str(folder),),
        "out_folder": str(out),
        "max_epochs": 1,
        "pretrained_weights": False,
        "precision": "fp32",
        "processor_type": "CPU",
    }
    return TrainModel(**{**usual, **values})
