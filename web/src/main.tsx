// SPDX-License-Identifier: Apache-2.0
import { render } from 'preact';
import { App } from './app';
import { connect } from './link';
import { follow } from './program';
import './style.css';
import { tree } from './tree/model';

follow();
tree.start();
connect();
render(<App />, document.getElementById('page')!);
