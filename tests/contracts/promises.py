"""What every network promises, whatever its task: how it trains, repeats itself and is frozen."""

import torch


def history_of(network, batch, steps):
    """Train a network on one batch and return its losses on the way; it is left in evaluation mode."""
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3)
    history = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = sum(network.losses(*batch).values())
        loss.backward()
        optimizer.step()
        history.append(loss.item())
    network.eval()
    return history


def check_losses(losses):
    """Each is one finite number in single precision."""
    assert all(loss.dtype == torch.float32 and loss.ndim == 0 and loss.isfinite() for loss in losses.values())


def check_gradients(network, losses):
    """Every parameter learns something finite from them."""
    sum(losses.values()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and parameter.grad.isfinite().all(), name


def check_losses_repeat(network, batch):
    """Validation changes neither weights nor statistics, and leaves the random stream alone; returns the losses."""
    before = {key: value.clone() for key, value in network.state_dict().items()}
    state = torch.random.get_rng_state()
    with torch.no_grad():
        first, second = (network.losses(*batch) for _ in range(2))
    assert first == second
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    return first


def check_parts(network):
    """Every parameter is the backbone's or the head's."""
    backbone = {id(parameter) for parameter in network.backbone_parameters()}
    head = {id(parameter) for parameter in network.head_parameters()}
    assert not backbone & head
    assert backbone | head == {id(parameter) for parameter in network.parameters()}


def check_frozen(network, batch):
    """Neither weights nor statistics of a frozen backbone move in a step of training; changes the network."""
    network.zero_grad()
    network.freeze_backbone()
    frozen = network.body if network.body is not None else torch.nn.Module()
    before = {key: value.clone() for key, value in frozen.state_dict().items()}
    network.train()
    sum(network.losses(*batch).values()).backward()
    assert all(parameter.grad is None for parameter in network.backbone_parameters())
    assert all(torch.equal(value, before[key]) for key, value in frozen.state_dict().items())
