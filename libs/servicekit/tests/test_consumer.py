from .conftest import World, device, running


async def test_records_are_applied_once_and_in_order(world: World) -> None:
    await world.publish(*((f"e{number}", device(number)) for number in range(500)))
    async with running(world.consumer()):
        assert await world.until_applied(500) == [f"e{number}" for number in range(500)]
