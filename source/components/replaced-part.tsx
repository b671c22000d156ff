import {Box} from 'ink';
import {Component, type ComponentType, type ReactNode} from 'react';

type BoundaryProps = {readonly instead: ReactNode; readonly children: ReactNode};

/** Only a class can hear of it. */
class Boundary extends Component<BoundaryProps, {readonly hasThrown: boolean}> {
	static getDerivedStateFromError() {
		return {hasThrown: true};
	}

	override state = {hasThrown: false};

	override render(): ReactNode {
		return this.state.hasThrown ? this.props.instead : this.props.children;
	}
}

type ReplacedPartProps<Props> = Props & {
	/** The application's part. */
	readonly own: ComponentType<Props> | undefined;
	readonly ours: ComponentType<Props>;
};

/** A part that an application may replace: its own in a box, whatever it is made of, and ours where that throws. */
export function ReplacedPart<Props extends object>({
	own: Own,
	ours: Ours,
	...rest
}: ReplacedPartProps<Props>): ReactNode {
	// Nothing but the two was taken out.
	const props = rest as unknown as Props;
	const our = <Ours {...props} />;
	if (Own === undefined) return our;
	return (
		<Boundary instead={our}>
			<Box flexDirection="column">
				<Own {...props} />
			</Box>
		</Boundary>
	);
}
